/** Keeps package files in one bucket of S3 or of a store that speaks its language; their bytes go straight there by signed requests. */

import { PassThrough, type Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  type DeleteObjectCommandOutput,
  GetObjectCommand,
  type GetObjectCommandInput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
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
import { rangeWithin } from '../byte-ranges.ts';
import { fillBuffer } from '../fill-buffer.ts';
import { requirePartOfPlan } from '../part-rules.ts';
import { BucketPresence, SEEN_LATELY_MS } from './bucket/probe-bucket.ts';
import { S3Bucket } from './bucket/s3-bucket.ts';
import { isForeign, translated, translating } from './bucket/s3-errors.ts';
import type { S3Settings } from './bucket/s3-settings.ts';
import { etagOf, look } from './bucket/stored-object.ts';
import { uploadsUnderWay } from './bucket/uploads-under-way.ts';
import { MultipartUploads } from './multipart-uploads.ts';
import { retention } from './object-lock.ts';
import { ObjectWriter } from './object-writer.ts';
import { PartLists } from './part-lists.ts';
import { ByteSender } from './sending/byte-sender.ts';
import { RequestSigner } from './signing/request-signer.ts';
import { signedDownload, signedPart, signedUpload } from './signing/signed-terms.ts';

export interface S3StoreOptions extends S3Settings {
  readonly clock: Clock;
  readonly newId: NewId;
  /** Finds out whether lists of parts tell checksums before it relies on that. @default where there is an endpoint: S3 itself is known to */
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
  readonly #uploads: MultipartUploads;
  readonly #writer: ObjectWriter;

  /** Asks nothing of the store yet. @throws INVALID_INPUT where the endpoint is no http or https URL */
  constructor(options: S3StoreOptions) {
    const { clock, newId } = options;
    this.#bucket = new S3Bucket(options);
    this.#presence = new BucketPresence(this.#bucket, clock);
    this.#signer = new RequestSigner(this.#bucket, clock);
    this.#sender = new ByteSender(this.#bucket, clock);
    const { endpoint, triesPartLists = endpoint !== undefined } = options;
    const lists = triesPartLists ? new PartLists(this.#bucket, this.#sender) : undefined;
    this.#uploads = new MultipartUploads(this.#bucket, this.#sender, clock, newId, lists);
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
    const input: GetObjectCommandInput = {
      ...this.#bucket.object(key),
      ...(range && { Range: rangeHeader(range) }),
      ...(version && { IfMatch: version.etag }),
      ...(version?.objectVersion !== undefined && { VersionId: version.objectVersion }),
    };
    try {
      const { Body: body } = await translating(what, () =>
        this.#bucket.client.send(new GetObjectCommand(input)),
      );
      if (body === undefined)
        throw new ServiceError('UNAVAILABLE', `${what}: the store answered without a body`);
      return Object.assign(translatedStream(body as Readable, what), {
        giveBack: (piece: Uint8Array) => this.#bucket.agents.giveBack(piece),
      });
    } catch (error) {
      // That version is gone: whether other bytes stand in its place makes the difference.
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
    // Of nothing there is no range.
    const range = into.length === 0 ? {} : { range: { start, end: start + into.length - 1 } };
    return fillBuffer(await this.get(key, { ...range, version }), into, onPiece);
  }

  async stat(key: PackageKey): Promise<BlobInfo | undefined> {
    const stored = await look(this.#bucket, key);
    if (stored === undefined) await this.#presence.confirm(SEEN_LATELY_MS);
    return stored?.info;
  }

  /**
   * With versions, by version id. Without, by ETag: looked at first, and sent along for stores that honour If-Match here. On those that do
   * not, a write between the look and the delete is lost; writes of ours never overwrite, so it takes two deletes at once to get there.
   */
  async delete(key: PackageKey, version: BlobVersion): Promise<void> {
    const { objectVersion } = version;
    const { info: stands, versionId } = (await look(this.#bucket, key)) ?? {};
    // Whoever deletes notes that the bytes are gone, and never comes again: no bucket is not that.
    if (stands === undefined) await this.#presence.confirm(0);
    const same = stands?.etag === version.etag && stands.objectVersion === objectVersion;
    if (objectVersion !== undefined) await this.#remove(key, { VersionId: objectVersion });
    // Without its id, deleting the `null` version would lay a marker over it and keep the bytes.
    else if (same && versionId !== undefined) await this.#remove(key, { VersionId: versionId });
    else if (same) await this.#removeUnversioned(key, version.etag);
    if (stands !== undefined && !same) throw otherBytes(key, version);
  }

  async *list(
    prefix = '',
    onAlien: Parameters<BlobStore['list']>[1] = () => {},
  ): AsyncIterable<BlobInfo> {
    const { client, name, prefix: root } = this.#bucket;
    const Prefix = prefix.startsWith('packages/') ? root + prefix : `${root}packages/`;
    let ContinuationToken: string | undefined;
    do {
      const command: ListObjectsV2Command = new ListObjectsV2Command({
        Bucket: name,
        Prefix,
        ...(ContinuationToken !== undefined && { ContinuationToken }),
      });
      const page: ListObjectsV2CommandOutput = await translating('listing', () =>
        client.send(command),
      );
      for (const {
        Key,
        Size: size = 0,
        ETag,
        LastModified: lastModified = new Date(0),
      } of page.Contents ?? []) {
        const key = this.#bucket.keyOf(Key);
        if (key === undefined) onAlien(Key ?? '', 'the name of no package');
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
    return signedUpload(this.#signer, this.#bucket.integrity, key, terms, expiresInSeconds);
  }

  async signDownload(
    key: PackageKey,
    terms: DownloadTerms,
    expiresInSeconds: number,
  ): Promise<SignedRequest> {
    return signedDownload(this.#signer, key, terms, expiresInSeconds);
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
    return signedPart(this.#signer, upload.key, planned, part, expiresInSeconds);
  }

  putPart(upload: MultipartUpload, part: PartTerms, bytes: Buffer): Promise<void> {
    return this.#uploads.putPart(upload, part, bytes);
  }

  async listParts(upload: MultipartUpload): Promise<readonly PartInfo[]> {
    const parts = await this.#uploads.list(upload);
    return parts.map(({ PartNumber: partNumber = 0, Size: size = 0 }) => ({ partNumber, size }));
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
    // Bytes bear their attempt in their own metadata: there are no notes beside them.
  }

  async close(): Promise<void> {
    this.#sender.close();
    this.#bucket.client.destroy();
  }

  async #removeUnversioned(key: PackageKey, etag: string): Promise<void> {
    let removed = await this.#remove(key, { IfMatch: etag }, 'NotImplemented');
    removed ??= await this.#remove(key, {});
    // The bucket keeps versions by now: a marker was laid over the bytes, which were written before it did.
    const { DeleteMarker: laid, VersionId: marker } = removed ?? {};
    if (laid !== true || marker === undefined || marker === 'null') return;
    await this.#remove(key, { VersionId: 'null' });
    await this.#remove(key, { VersionId: marker });
  }

  /** Undefined where it was not there, or the store refused by the name that is `unless`. */
  async #remove(
    key: PackageKey,
    which: { readonly VersionId?: string; readonly IfMatch?: string },
    unless?: string,
  ): Promise<DeleteObjectCommandOutput | undefined> {
    const command = new DeleteObjectCommand({ ...this.#bucket.object(key), ...which });
    try {
      return await translating(`deleting ${key}`, () => this.#bucket.client.send(command));
    } catch (error) {
      // Some stores say that a version id which they do not have (any more) is malformed.
      const unknown = which.VersionId !== undefined && isForeign(error, 'InvalidArgument');
      const expected = unless !== undefined && isForeign(error, unless);
      if (unknown || expected || isServiceError(error, 'NOT_FOUND')) return undefined;
      throw (await retention(this.#bucket, key, which.VersionId, error)) ?? error;
    }
  }
}

/** @throws INVALID_INPUT where it is no range: stores send the whole file then */
function rangeHeader(range: ByteRange): string {
  const { start, end } = rangeWithin(range, Number.MAX_SAFE_INTEGER);
  return `bytes=${start}-${end}`;
}

function otherBytes(key: PackageKey, { etag, objectVersion }: BlobVersion): ServiceError {
  const version = objectVersion === undefined ? etag : `${etag} (version ${objectVersion})`;
  return new ServiceError('CONFLICT', `${key} holds other bytes than ${version}`);
}

/** The same bytes; where the connection breaks, the reader gets an error of ours. */
function translatedStream(body: Readable, what: string): Readable {
  const reader = new PassThrough();
  body.once('error', (error) => reader.destroy(translated(error, what) as Error));
  reader.once('close', () => body.destroy());
  return body.pipe(reader);
}
