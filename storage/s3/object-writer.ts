/**
 * Stores files whose bytes pass through this process: small ones in one request, large ones in
 * parts.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Clock, NewId } from '../../core/clock.ts';
import { ServiceError } from '../../core/errors.ts';
import type { PackageKey } from '../../core/names.ts';
import type { BlobInfo, UploadTerms } from '../../core/ports/blob-store.ts';
import type { MultipartUpload, PartPlan } from '../../core/ports/multipart-store.ts';
import { MIB, partPlanFor, partTerms } from '../../core/proof/part-plan.ts';
import { retryConflicts } from './bucket/errors.ts';
import type { S3Bucket } from './bucket/s3-bucket.ts';
import { checksumHeader, look, objectHeaders, storedAs } from './bucket/stored-object.ts';
import type { S3MultipartUploads } from './multipart-uploads.ts';
import type { ByteSender } from './sending/byte-sender.ts';

/** Up to this size, a file is held in memory, so that it can be sent again after a failure. */
const WHOLE_UP_TO_BYTES = 16 * MIB;
/** Parts sent at the same time. Memory holds these and the one that is being filled. */
const PARTS_AT_ONCE = 3;

export class ObjectWriter {
  readonly #bucket: S3Bucket;
  readonly #uploads: S3MultipartUploads;
  readonly #sender: ByteSender;
  readonly #clock: Clock;
  readonly #newId: NewId;

  constructor(
    bucket: S3Bucket,
    uploads: S3MultipartUploads,
    sender: ByteSender,
    clock: Clock,
    newId: NewId,
  ) {
    this.#bucket = bucket;
    this.#uploads = uploads;
    this.#sender = sender;
    this.#clock = clock;
    this.#newId = newId;
  }

  /** `BlobStore.put`, except that the caller closes the body. */
  async write(key: PackageKey, body: Readable, terms: UploadTerms): Promise<BlobInfo> {
    if (terms.size <= WHOLE_UP_TO_BYTES)
      return this.#whole(key, await wholeBody(body, terms), terms);
    // This look only saves sending bytes for nothing; the conditional write decides.
    if ((await look(this.#bucket, key)) !== undefined) throw occupied(key);
    return this.#inParts(key, body, terms);
  }

  /**
   * One request, which stores the file only if the key is free and the bytes match their SHA-256.
   */
  async #whole(key: PackageKey, bytes: Buffer, terms: UploadTerms): Promise<BlobInfo> {
    const mark = this.#newId();
    const { integrity, storageClass } = this.#bucket;
    const checksum = integrity === 'checksum' ? checksumHeader(terms.sha256) : {};
    const headers = {
      ...objectHeaders(terms, mark, storageClass),
      ...checksum,
      'if-none-match': '*',
    };
    const sending = { key, query: {}, headers, bytes, sha256: terms.sha256 };
    try {
      const answer = await retryConflicts(`storing ${key}`, () => this.#sender.put(sending));
      // Without an ETag, the store is asked below.
      if (answer.etag)
        return { ...storedAs(key, terms, answer, checksum), lastModified: this.#clock() };
    } catch (error) {
      // The refused request may be a second try of one that succeeded but whose response was lost.
      const stored = await look(this.#bucket, key);
      if (stored === undefined) throw error;
      if (stored.mark !== mark) throw occupied(key);
      return stored.info;
    }
    const stored = await look(this.#bucket, key);
    if (stored?.mark === mark) return stored.info;
    throw new ServiceError('CONFLICT', `${key} was replaced or removed while it was being stored`);
  }

  async #inParts(key: PackageKey, body: Readable, terms: UploadTerms): Promise<BlobInfo> {
    const plan = partPlanFor(terms.size, this.#bucket.integrity === 'checksum');
    const upload = await this.#uploads.begin(key, terms, plan);
    try {
      await this.#sendParts(upload, verifyBody(body, terms), terms.size, plan);
      return await this.#uploads.complete(upload);
    } catch (error) {
      // If this fails too, the first error is still the one reported, and the sweep removes the
      // parts.
      await this.#uploads.abort(upload).catch(() => {});
      throw error;
    }
  }

  /** Returns or throws only after every request has ended. */
  async #sendParts(
    upload: MultipartUpload,
    bytes: AsyncIterable<Uint8Array>,
    size: number,
    plan: PartPlan,
  ): Promise<void> {
    const underWay = new Set<Promise<void>>();
    let partNumber = 0;
    try {
      for await (const part of cut(bytes, plan.partSize)) {
        if (underWay.size >= PARTS_AT_ONCE) await Promise.race(underWay);
        partNumber += 1;
        const sha256 = plan.partChecksums
          ? createHash('sha256').update(part).digest('hex')
          : undefined;
        const terms = partTerms(size, plan, partNumber, sha256);
        const sending = this.#uploads.putPart(upload, terms, part).then(() => {
          underWay.delete(sending);
        });
        sending.catch(() => {}); // The race or the wait below throws it.
        underWay.add(sending);
      }
      await Promise.all(underWay);
    } finally {
      await Promise.allSettled(underWay);
    }
  }
}

function occupied(key: PackageKey): ServiceError {
  return new ServiceError('ALREADY_EXISTS', `something is stored under ${key}`);
}

/**
 * Does not hash: the store does, as for signed uploads.
 * @throws INTEGRITY if the length is wrong
 */
async function wholeBody(body: Readable, { size }: UploadTerms): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let got = 0;
  for await (const piece of body) {
    const chunk = typeof piece === 'string' ? Buffer.from(piece) : (piece as Buffer);
    got += chunk.length;
    if (got > size) break;
    chunks.push(chunk);
  }
  if (got !== size)
    throw new ServiceError(
      'INTEGRITY',
      `the body must have ${size} bytes, got ${got > size ? 'more' : got}`,
    );
  const [only = Buffer.alloc(0), ...more] = chunks;
  return more.length === 0 ? only : Buffer.concat(chunks);
}

/** Passes the bytes on. @throws INTEGRITY at the end, if they are not those of the terms */
async function* verifyBody(body: Readable, terms: UploadTerms): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of body) {
    const chunk: Uint8Array = typeof piece === 'string' ? Buffer.from(piece) : piece;
    size += chunk.length;
    if (size > terms.size)
      throw new ServiceError('INTEGRITY', `the body must have ${terms.size} bytes, got more`);
    hash.update(chunk);
    yield chunk;
  }
  const sha256 = hash.digest('hex');
  if (size !== terms.size || sha256 !== terms.sha256) {
    const wanted = `${terms.size} bytes of sha256 ${terms.sha256}`;
    throw new ServiceError('INTEGRITY', `the body must have ${wanted}, got ${size} of ${sha256}`);
  }
}

/** Cuts the bytes into pieces of `size`; the last one has the rest. */
async function* cut(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let filled = 0;
  let piece = Buffer.allocUnsafe(size);
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; ) {
      const taken = chunk.subarray(from, from + size - filled);
      piece.set(taken, filled);
      filled += taken.length;
      from += taken.length;
      if (filled < size) continue;
      yield piece;
      piece = Buffer.allocUnsafe(size);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
