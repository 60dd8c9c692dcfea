/**
 * Keeps package files in one bucket of S3 or of a compatible store.
 *
 * How a write happens here, and what a crash leaves at each step:
 *
 * 1. Sign. `signUpload` and `signPart` bind the terms to a request that the publisher sends
 *    straight to the bucket. Signing stores nothing, so a crash loses nothing.
 * 2. Send one file. A single PUT carries the bytes, the attempt id and `If-None-Match: *`. The
 *    store compares the bytes with their SHA-256, and stores the object whole or not at all. After
 *    a crash, either nothing is stored, or a whole object that names its attempt; `stat` shows
 *    which.
 * 3. Send a large file. `beginMultipart` stores an upload without parts. Its id carries the plan
 *    and a mark, so that nothing else has to be remembered. Each part is checked like a single
 *    file. After a crash, parts that have arrived stay, and an upload whose id the catalog has goes
 *    on with the missing ones. Any other upload is a leftover: `leftovers` lists it, and the sweep
 *    aborts it.
 * 4. Join. `completeMultipart` lists the parts, looks whether the key is free, joins with
 *    `If-None-Match: *`, and looks again. After a crash, the parts are either still there or
 *    joined. The object has the mark of its upload id, so that a second completion recognises it
 *    and succeeds.
 * 5. Bytes that pass through this process (`put`, `putPart`) take the same steps, in
 *    object-writer.ts. A request whose response was lost is recognised by the mark that it stored.
 *    After a crash in a `put` in parts, no record has the upload id, so the upload is a leftover as
 *    in step 3.
 *
 * Nothing of this is visible to consumers: a package becomes available by its record in the
 * catalog.
 */
import { PassThrough, type Readable } from 'node:stream';
import type { DeleteObjectOutput, GetObjectRequest, ListObjectsV2Output } from '@aws-sdk/client-s3';
import type { Clock, NewId } from '../../core/clock.ts';
import { isServiceError, ServiceError } from '../../core/errors.ts';
import type { PackageKey } from '../../core/names.ts';
import type {
  BlobBody,
  BlobInfo,
  BlobStore,
  ByteRange,
  DownloadTerms,
  Leftover,
  SignedRequest,
  UploadTerms,
} from '../../core/ports/blob-store.ts';
import type {
  MultipartTerms,
  MultipartUpload,
  PartInfo,
  PartPlan,
  PartTerms,
} from '../../core/ports/multipart-store.ts';
import type { BlobVersion } from '../../core/records.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import { fillBuffer } from '../buffers.ts';
import { rangeWithin } from '../byte-ranges.ts';
import { requirePartOfPlan } from '../part-rules.ts';
import { BucketPresence, SEEN_LATELY_MS } from './bucket/bucket-presence.ts';
import { isS3Error, translateError, translating } from './bucket/errors.ts';
import { S3Bucket } from './bucket/s3-bucket.ts';
import type { S3Connect } from './bucket/s3-requests.ts';
import type { S3Settings } from './bucket/s3-settings.ts';
import { etagOf, look } from './bucket/stored-object.ts';
import { uploadsUnderWay } from './bucket/uploads-under-way.ts';
import { S3MultipartUploads } from './multipart-uploads.ts';
import { explainRetention } from './object-lock.ts';
import { ObjectWriter } from './object-writer.ts';
import { PartLists } from './part-lists.ts';
import { ByteSender } from './sending/byte-sender.ts';
import { RequestSigner } from './signing/request-signer.ts';
import { signDownload, signPart, signUpload } from './signing/signed-terms.ts';

export interface S3StoreOptions extends S3Settings {
  /** Who sends what is asked of the bucket: `sdkS3` or `signedS3`. */
  readonly connect: S3Connect;
  readonly clock: Clock;
  readonly newId: NewId;
  /**
   * Whether to try if the store lists the checksums of parts before relying on it.
   * @default true if there is an endpoint; S3 itself is known to list them
   */
  readonly triesPartLists?: boolean;
}

export class S3Store implements BlobStore {
  readonly name = 's3';
  readonly keepsHeaders = true;
  readonly scrubbedBy = 'asking';
  readonly #bucket: S3Bucket;
  readonly #presence: BucketPresence;
  readonly #sender: ByteSender;
  readonly #signer: RequestSigner;
  readonly #uploads: S3MultipartUploads;
  readonly #writer: ObjectWriter;

  /** Sends no request yet. @throws INVALID_INPUT if the endpoint is not an http or https URL */
  constructor(options: S3StoreOptions) {
    const { clock, newId } = options;
    this.#bucket = new S3Bucket(options, options.connect);
    this.#presence = new BucketPresence(this.#bucket, clock);
    this.#signer = new RequestSigner(this.#bucket, clock);
    this.#sender = new ByteSender(this.#bucket, clock);
    const { endpoint, triesPartLists = endpoint !== undefined } = options;
    const lists = triesPartLists ? new PartLists(this.#bucket, this.#sender) : undefined;
    this.#uploads = new S3MultipartUploads(this.#bucket, this.#sender, clock, newId, lists);
    this.#writer = new ObjectWriter(this.#bucket, this.#uploads, this.#sender, clock, newId);
  }

  async put(key: PackageKey, body: Readable, terms: UploadTerms): Promise<BlobInfo> {
    try {
      return await this.#writer.write(key, body, terms);
    } finally {
      body.destroy();
    }
  }

  async get(
    key: PackageKey,
    options: { readonly range?: ByteRange; readonly version?: BlobVersion } = {},
  ): Promise<BlobBody> {
    const { range, version } = options;
    const what = `reading ${key}`;
    const input: GetObjectRequest = {
      ...this.#bucket.object(key),
      ...(range && { Range: rangeHeader(range) }),
      ...(version && { IfMatch: version.etag }),
      ...(version?.objectVersion !== undefined && { VersionId: version.objectVersion }),
    };
    try {
      const { Body: body } = await translating(what, () =>
        this.#bucket.client.request('GetObject', input),
      );
      if (body === undefined)
        throw new ServiceError('UNAVAILABLE', `${what}: the store answered without a body`);
      return Object.assign(translateStream(body, what), {
        giveBack: (piece: Uint8Array) => this.#bucket.agents.giveBack(piece),
      });
    } catch (error) {
      // This version is gone. If other bytes replaced it, the error must say so.
      if (version === undefined || !isServiceError(error, 'NOT_FOUND')) throw error;
      if ((await this.stat(key)) === undefined) throw error;
      throw otherBytes(key, version);
    }
  }

  async readInto(
    key: PackageKey,
    into: Buffer,
    { start, version }: { readonly start: number; readonly version: BlobVersion },
    onPiece: (piece: Buffer) => void,
  ): Promise<number> {
    // An empty file has no byte range.
    const range = into.length === 0 ? {} : { range: { start, end: start + into.length - 1 } };
    return fillBuffer(await this.get(key, { ...range, version }), into, onPiece);
  }

  async stat(key: PackageKey): Promise<BlobInfo | undefined> {
    const stored = await look(this.#bucket, key);
    if (stored === undefined) await this.#presence.confirm(SEEN_LATELY_MS);
    return stored?.info;
  }

  /**
   * With versions, the version id says what to delete. Without them, the ETag does: it is compared
   * first, and sent as If-Match. On a store that ignores If-Match, a write between the two requests
   * is lost. Our writes do not overwrite, so that takes a second delete at the same time.
   */
  async delete(key: PackageKey, version: BlobVersion): Promise<void> {
    const { objectVersion } = version;
    const { info: stored, versionId } = (await look(this.#bucket, key)) ?? {};
    // The caller records for good that the bytes are gone, so a missing bucket must not look like
    // it.
    if (stored === undefined) await this.#presence.confirm(0);
    const same = stored?.etag === version.etag && stored.objectVersion === objectVersion;
    if (objectVersion !== undefined) await this.#remove(key, { VersionId: objectVersion });
    // Without its id, deleting the `null` version would add a delete marker and keep the bytes.
    else if (same && versionId !== undefined) await this.#remove(key, { VersionId: versionId });
    else if (same) await this.#removeUnversioned(key, version.etag);
    if (stored !== undefined && !same) throw otherBytes(key, version);
  }

  async *list(
    prefix = '',
    onForeign: Parameters<BlobStore['list']>[1] = () => {},
  ): AsyncIterable<BlobInfo> {
    const { client, name, prefix: root } = this.#bucket;
    const Prefix = prefix.startsWith('packages/') ? root + prefix : `${root}packages/`;
    let ContinuationToken: string | undefined;
    do {
      const input = {
        Bucket: name,
        Prefix,
        ...(ContinuationToken !== undefined && { ContinuationToken }),
      };
      const page: ListObjectsV2Output = await translating('listing', () =>
        client.request('ListObjectsV2', input),
      );
      for (const {
        Key,
        Size: size = 0,
        ETag,
        LastModified: lastModified = new Date(0),
      } of page.Contents ?? []) {
        const key = this.#bucket.keyOf(Key);
        if (key === undefined) onForeign(Key ?? '', 'the name of no package');
        else if (key.startsWith(prefix)) yield { key, size, etag: etagOf(ETag), lastModified };
      }
      ContinuationToken = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (ContinuationToken !== undefined);
  }

  async signUpload(
    key: PackageKey,
    terms: UploadTerms,
    expiresInSeconds: number,
  ): Promise<SignedRequest> {
    return signUpload(this.#signer, this.#bucket.integrity, key, terms, expiresInSeconds);
  }

  async signDownload(
    key: PackageKey,
    terms: DownloadTerms,
    expiresInSeconds: number,
  ): Promise<SignedRequest> {
    return signDownload(this.#signer, key, terms, expiresInSeconds);
  }

  listsPartDigests(key: PackageKey): Promise<boolean> {
    return this.#uploads.listsDigests(key);
  }

  beginMultipart(key: PackageKey, terms: MultipartTerms, plan: PartPlan): Promise<MultipartUpload> {
    return this.#uploads.begin(key, terms, plan);
  }

  async signPart(
    upload: MultipartUpload,
    part: PartTerms,
    expiresInSeconds: number,
  ): Promise<SignedRequest> {
    const planned = await this.#uploads.planned(upload);
    requirePartOfPlan(planned.size, planned.plan, part);
    return signPart(this.#signer, upload.key, planned, part, expiresInSeconds);
  }

  putPart(upload: MultipartUpload, part: PartTerms, bytes: Buffer): Promise<void> {
    return this.#uploads.putPart(upload, part, bytes);
  }

  async listParts(upload: MultipartUpload): Promise<readonly PartInfo[]> {
    const parts = await this.#uploads.list(upload);
    return parts.map(({ PartNumber: partNumber = 0, Size: size = 0, ChecksumSHA256: checksum }) => {
      const sha256 = checksum && Buffer.from(checksum, 'base64').toString('hex');
      return { partNumber, size, ...withoutUndefined({ sha256 }) };
    });
  }

  completeMultipart(upload: MultipartUpload): Promise<BlobInfo> {
    return this.#uploads.complete(upload);
  }

  abortMultipart(upload: MultipartUpload): Promise<void> {
    return this.#uploads.abort(upload);
  }

  leftovers(): AsyncIterable<Leftover> {
    return uploadsUnderWay(this.#bucket);
  }

  async settle(_key: PackageKey): Promise<void> {
    // The attempt is in the metadata of the object, so there is no arrival note to remove.
  }

  async close(): Promise<void> {
    this.#sender.close();
    this.#bucket.client.destroy();
  }

  async #removeUnversioned(key: PackageKey, etag: string): Promise<void> {
    let removed = await this.#remove(key, { IfMatch: etag }, 'NotImplemented');
    removed ??= await this.#remove(key, {});
    // Versioning was switched on after the bytes were written, so the delete added a marker only.
    const { DeleteMarker: added, VersionId: marker } = removed ?? {};
    if (added !== true || marker === undefined || marker === 'null') return;
    await this.#remove(key, { VersionId: 'null' });
    await this.#remove(key, { VersionId: marker });
  }

  /** Undefined if nothing was stored, or if the store refused with the error code `unless`. */
  async #remove(
    key: PackageKey,
    which: { readonly VersionId?: string; readonly IfMatch?: string },
    unless?: string,
  ): Promise<DeleteObjectOutput | undefined> {
    const input = { ...this.#bucket.object(key), ...which };
    try {
      return await translating(`deleting ${key}`, () =>
        this.#bucket.client.request('DeleteObject', input),
      );
    } catch (error) {
      // Some stores call a version id that they do not have malformed.
      const unknown = which.VersionId !== undefined && isS3Error(error, 'InvalidArgument');
      const expected = unless !== undefined && isS3Error(error, unless);
      if (unknown || expected || isServiceError(error, 'NOT_FOUND')) return undefined;
      throw (await explainRetention(this.#bucket, key, which.VersionId, error)) ?? error;
    }
  }
}

/** @throws INVALID_INPUT for an invalid range, for which stores would send the whole file */
function rangeHeader(range: ByteRange): string {
  const { start, end } = rangeWithin(range, Number.MAX_SAFE_INTEGER);
  return `bytes=${start}-${end}`;
}

function otherBytes(key: PackageKey, { etag, objectVersion }: BlobVersion): ServiceError {
  const version = objectVersion === undefined ? etag : `${etag} (version ${objectVersion})`;
  return new ServiceError('CONFLICT', `${key} holds other bytes than ${version}`);
}

/** Passes the bytes on. If the connection breaks, the reader gets a `ServiceError`. */
function translateStream(body: Readable, what: string): Readable {
  const reader = new PassThrough();
  body.once('error', (error) => reader.destroy(translateError(error, what) as Error));
  reader.once('close', () => body.destroy());
  return body.pipe(reader);
}
