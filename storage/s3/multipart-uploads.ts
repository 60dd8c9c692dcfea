/**
 * Begins, lists, joins and aborts the multipart uploads of one bucket. Parts are joined as the
 * store lists them, so nothing depends on what a client says about them.
 */
import { hash } from 'node:crypto';
import type { Part } from '@aws-sdk/client-s3';
import type { Clock, NewId } from '../../core/clock.ts';
import { isServiceError, ServiceError } from '../../core/errors.ts';
import type { PackageKey } from '../../core/names.ts';
import type { BlobInfo } from '../../core/ports/blob-store.ts';
import type {
  MultipartTerms,
  MultipartUpload,
  PartPlan,
  PartTerms,
} from '../../core/ports/multipart-store.ts';
import { partTerms } from '../../core/proof/part-plan.ts';
import { requireAllParts, requirePartOfPlan } from '../part-rules.ts';
import { finalRefusal, isS3Error, retryConflicts, translating } from './bucket/errors.ts';
import type { S3Bucket } from './bucket/s3-bucket.ts';
import { checksumHeader, look, objectFields } from './bucket/stored-object.ts';
import {
  formatUploadId,
  hasChecksum,
  type PartProof,
  type PlannedUpload,
  parseUploadId,
  storeIdOf,
} from './bucket/upload-id.ts';
import type { PartLists } from './part-lists.ts';
import type { ByteSender } from './sending/byte-sender.ts';
import { ConnectionFault } from './sending/connections.ts';

/** How long an upload counts as under way after it was seen, when a part of it is to be signed. */
const ALIVE_MS = 30_000;
const MAX_ALIVE = 1_000;
/** Tries of one completion, if parts are sent again in the meantime. */
const JOIN_TRIES = 3;

export class S3MultipartUploads {
  readonly #bucket: S3Bucket;
  readonly #sender: ByteSender;
  readonly #clock: Clock;
  readonly #newId: NewId;
  readonly #lists: PartLists | undefined;
  readonly #alive = new Map<string, { readonly until: number; readonly seen: Promise<unknown> }>();

  /** @param lists absent for a store that is known to list the checksums of parts */
  constructor(bucket: S3Bucket, sender: ByteSender, clock: Clock, newId: NewId, lists?: PartLists) {
    this.#bucket = bucket;
    this.#sender = sender;
    this.#clock = clock;
    this.#newId = newId;
    this.#lists = lists;
  }

  /** Whether parts are bound by a checksum that the store lists. */
  async listsDigests(key: PackageKey): Promise<boolean> {
    return this.#lists === undefined
      ? this.#bucket.integrity === 'checksum'
      : this.#lists.showChecksums(key);
  }

  async begin(key: PackageKey, terms: MultipartTerms, plan: PartPlan): Promise<MultipartUpload> {
    const proof = plan.partChecksums ? await this.#proofOfParts(key, plan) : 'none';
    const mark = this.#newId();
    const input = {
      ...this.#bucket.object(key),
      ...objectFields(terms, mark),
      ...(this.#bucket.storageClass !== undefined && { StorageClass: this.#bucket.storageClass }),
      // This decides for all parts: with it every part must have a checksum, without it none may.
      ...(hasChecksum(proof) && { ChecksumAlgorithm: 'SHA256' as const }),
    };
    const { UploadId: storeId } = await translating(`beginning an upload of ${key}`, () =>
      this.#bucket.client.request('CreateMultipartUpload', input),
    );
    if (storeId === undefined)
      throw new ServiceError(
        'UNAVAILABLE',
        `the store began an upload of ${key} without returning its id`,
      );
    return { key, uploadId: formatUploadId({ storeId, size: terms.size, plan, proof, mark }) };
  }

  /**
   * The plan of an upload that is under way, or was half a minute ago. If it has ended since, the
   * store refuses its parts.
   * @throws NOT_FOUND
   */
  async planned(upload: MultipartUpload): Promise<PlannedUpload> {
    const planned = parseUploadId(upload.uploadId);
    const now = this.#clock().getTime();
    const known = this.#alive.get(upload.uploadId);
    if (known !== undefined && known.until > now) {
      await known.seen;
      return planned;
    }
    if (this.#alive.size >= MAX_ALIVE) this.#alive.clear();
    const seen = this.#listPage(upload.key, planned.storeId, { MaxParts: 1 });
    this.#alive.set(upload.uploadId, { until: now + ALIVE_MS, seen });
    try {
      await seen;
    } catch (error) {
      this.#alive.delete(upload.uploadId);
      throw error;
    }
    return planned;
  }

  /** All parts that have arrived, by number. @throws NOT_FOUND */
  async list(upload: MultipartUpload): Promise<readonly Part[]> {
    try {
      return await this.#listAll(upload);
    } catch (error) {
      // The upload has ended, so no more parts may be signed for it.
      if (isServiceError(error, 'NOT_FOUND')) this.#alive.delete(upload.uploadId);
      throw error;
    }
  }

  async #listAll({ key, uploadId }: MultipartUpload): Promise<readonly Part[]> {
    const { storeId } = parseUploadId(uploadId);
    const parts: Part[] = [];
    let marker: string | undefined;
    do {
      const page = await this.#listPage(
        key,
        storeId,
        marker === undefined ? {} : { PartNumberMarker: marker },
      );
      parts.push(...(page.Parts ?? []));
      marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
    } while (marker !== undefined);
    return newestOfEach(parts).sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
  }

  /** Sends a part from this process. The store checks the bytes, as with signed requests. */
  async putPart(upload: MultipartUpload, part: PartTerms, bytes: Buffer): Promise<void> {
    const { storeId, proof, size, plan } = parseUploadId(upload.uploadId);
    requirePartOfPlan(size, plan, part);
    const { partNumber, sha256 = hash('sha256', bytes) } = part;
    if (bytes.length !== part.size) {
      throw new ServiceError(
        'INTEGRITY',
        `part ${partNumber} must have ${part.size} bytes, got ${bytes.length}`,
      );
    }
    const query = { partNumber: String(partNumber), uploadId: storeId };
    const headers = hasChecksum(proof) ? checksumHeader(sha256) : {};
    const sending = { key: upload.key, query, headers, bytes, sha256 };
    await translating(`sending part ${partNumber} of ${upload.key}`, async () => {
      try {
        await this.#sender.put(sending);
      } catch (error) {
        if (error instanceof ConnectionFault) await this.#requireUnderWay(upload.key, storeId);
        throw error;
      }
    });
  }

  /**
   * A store that refuses a part may close the connection while the bytes still come, so that its
   * response is lost with every try. This asks whether the upload has ended.
   * @throws NOT_FOUND
   */
  async #requireUnderWay(key: PackageKey, storeId: string): Promise<void> {
    try {
      await this.#listPage(key, storeId, { MaxParts: 1 });
    } catch (error) {
      if (isServiceError(error, 'NOT_FOUND')) throw error;
    }
  }

  /** The port's `completeMultipart`. */
  async complete(upload: MultipartUpload): Promise<BlobInfo> {
    const planned = parseUploadId(upload.uploadId);
    const parts = requireParts(planned, await this.list(upload));
    // Not every store honours If-None-Match when joining. This look leaves only a short moment in
    // which two completions can both succeed there.
    const already = await this.#stored(upload.key, planned);
    if (already === undefined) await this.#joinAsListed(upload, planned, parts);
    this.#alive.delete(upload.uploadId);
    // The response may lack the ETag, or report an error after a 200, so the store is asked again.
    const joined = already ?? (await this.#stored(upload.key, planned));
    if (joined === undefined)
      throw new ServiceError('UNAVAILABLE', `the store joined ${upload.key}, but does not have it`);
    return joined;
  }

  async abort({ key, uploadId }: MultipartUpload): Promise<void> {
    this.#alive.delete(uploadId);
    const input = {
      ...this.#bucket.object(key),
      UploadId: storeIdOf(uploadId),
    };
    try {
      await translating(`aborting an upload of ${key}`, () =>
        this.#bucket.client.request('AbortMultipartUpload', input),
      );
    } catch (error) {
      if (!isServiceError(error, 'NOT_FOUND')) throw error;
    }
  }

  /**
   * If a part was sent again after the list, the store refuses to join. Then the parts are listed
   * again.
   */
  async #joinAsListed(
    upload: MultipartUpload,
    planned: PlannedUpload,
    listed: readonly Part[],
  ): Promise<void> {
    let parts = listed;
    for (let time = 1; ; time += 1) {
      try {
        await this.#join(upload.key, planned, parts);
        return;
      } catch (error) {
        const refusal = finalRefusal(error, `joining the parts of ${upload.key}`);
        if (refusal === undefined && !isServiceError(error, 'INTEGRITY')) throw error;
        const now = requireParts(planned, await this.list(upload));
        if (time === JOIN_TRIES || etagsOf(now) === etagsOf(parts)) throw refusal ?? error;
        parts = now;
      }
    }
  }

  async #proofOfParts(key: PackageKey, { partDigests }: PartPlan): Promise<PartProof> {
    if (partDigests === true) return this.#bucket.integrity === 'payload' ? 'both' : 'checksum';
    if (this.#lists === undefined || this.#bucket.integrity === 'payload')
      return this.#bucket.integrity;
    return (await this.#lists.showChecksums(key)) ? 'checksum' : 'payload';
  }

  async #join(key: PackageKey, planned: PlannedUpload, parts: readonly Part[]): Promise<void> {
    const input = {
      ...this.#bucket.object(key),
      UploadId: planned.storeId,
      IfNoneMatch: '*',
      MultipartUpload: {
        Parts: parts.map(({ PartNumber, ETag, ChecksumSHA256 }) => ({
          PartNumber,
          ETag,
          ...(hasChecksum(planned.proof) && { ChecksumSHA256 }),
        })),
      },
    };
    try {
      await retryConflicts(`joining the parts of ${key}`, () =>
        this.#bucket.client.request('CompleteMultipartUpload', input),
      );
    } catch (error) {
      // An earlier try whose response was lost, or another completion, may have joined the parts.
      if ((await this.#stored(key, planned)) === undefined) throw error;
    }
  }

  /**
   * The file that this upload became; undefined if nothing is stored under its key.
   * @throws ALREADY_EXISTS if the file did not come from this upload
   */
  async #stored(key: PackageKey, { mark }: PlannedUpload): Promise<BlobInfo | undefined> {
    const stored = await look(this.#bucket, key);
    if (stored === undefined || stored.mark === mark) return stored?.info;
    throw new ServiceError('ALREADY_EXISTS', `something is stored under ${key}`);
  }

  async #listPage(
    key: PackageKey,
    storeId: string,
    page: { readonly MaxParts?: number; readonly PartNumberMarker?: string },
  ) {
    const input = {
      ...this.#bucket.object(key),
      UploadId: storeId,
      ...page,
    };
    try {
      return await this.#bucket.client.request('ListParts', input);
    } catch (error) {
      // Some stores call an unknown upload id malformed.
      if (!isS3Error(error, 'InvalidArgument'))
        return translating(`listing the parts of ${key}`, () => Promise.reject(error));
      throw new ServiceError('NOT_FOUND', `no upload ${storeId} of ${key} is under way`, {
        cause: error,
      });
    }
  }
}

/**
 * Some stores list every copy of a part that was sent more than once. The newest counts. If two
 * copies of the same time differ, the part counts as missing, so that it is sent once more.
 */
function newestOfEach(parts: readonly Part[]): Part[] {
  const newest = new Map<number | undefined, Part | undefined>();
  const times = new Map<number | undefined, number>();
  for (const part of parts) {
    const { PartNumber: number, ETag, LastModified } = part;
    const time = LastModified?.getTime() ?? 0;
    const before = times.get(number);
    if (before !== undefined && time < before) continue;
    const isUnclear = time === before && newest.get(number)?.ETag !== ETag;
    newest.set(number, isUnclear ? undefined : part);
    times.set(number, time);
  }
  return [...newest.values()].filter((part) => part !== undefined);
}

function etagsOf(parts: readonly Part[]): string {
  return parts.map(({ PartNumber, ETag }) => `${PartNumber} ${ETag}`).join();
}

/** The parts of the plan, each with its planned length. @throws NOT_UPLOADED */
function requireParts({ size, plan }: PlannedUpload, parts: readonly Part[]): readonly Part[] {
  const fitting = new Map<number, Part>();
  for (const part of parts) {
    const { PartNumber: number = 0 } = part;
    if (number > plan.partCount) continue;
    if (part.Size === partTerms(size, plan, number).size) fitting.set(number, part);
  }
  requireAllParts(plan, fitting);
  return [...fitting.values()];
}
