/**
 * Finds out whether a store lists parts with their checksums. A store wants the checksums repeated
 * when it joins the parts. If it does not list them, parts are bound by their signed payload
 * instead (docs/decisions/0026).
 */
import type { PackageKey } from '../../core/names.ts';
import type { S3Bucket } from './bucket/s3-bucket.ts';
import { checksumHeader } from './bucket/stored-object.ts';
import type { ByteSender } from './sending/byte-sender.ts';

const BYTES = Buffer.from('?');
/** Of `BYTES`. */
const SHA256 = '8a8de823d5ed3e12746a62ef169bcf372be0ca44f0a1236abc35df05d96928e1';

export class PartLists {
  readonly #bucket: S3Bucket;
  readonly #sender: ByteSender;
  #found: Promise<boolean> | undefined;

  constructor(bucket: S3Bucket, sender: ByteSender) {
    this.#bucket = bucket;
    this.#sender = sender;
  }

  /**
   * Tried once, by an upload of one byte that is aborted.
   * @param key of an upload that is about to begin, because access may be limited to such keys
   */
  async showChecksums(key: PackageKey): Promise<boolean> {
    this.#found ??= this.#try(key);
    try {
      return await this.#found;
    } catch {
      // A failure says nothing about lists. The upload itself will show the cause; the next one
      // asks again.
      this.#found = undefined;
      return true;
    }
  }

  async #try(key: PackageKey): Promise<boolean> {
    const { client } = this.#bucket;
    const object = this.#bucket.object(key);
    const { UploadId } = await client.request('CreateMultipartUpload', {
      ...object,
      ChecksumAlgorithm: 'SHA256',
    });
    if (UploadId === undefined)
      throw new Error('the store began an upload without returning its id');
    try {
      const query = { partNumber: '1', uploadId: UploadId };
      await this.#sender.put({
        key,
        query,
        headers: checksumHeader(SHA256),
        bytes: BYTES,
        sha256: SHA256,
      });
      const { Parts: parts = [] } = await client.request('ListParts', { ...object, UploadId });
      if (parts.length === 0)
        throw new Error('the store does not list the part that it has just taken');
      return parts.every(({ ChecksumSHA256: checksum }) => checksum !== undefined);
    } finally {
      // If this fails, the sweep removes the upload.
      await client.request('AbortMultipartUpload', { ...object, UploadId }).catch(() => undefined);
    }
  }
}
