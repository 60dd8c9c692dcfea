/** Sends the missing parts of an upload, several at a time, and repeats each until it is stored. */
import pLimit from 'p-limit';
import type { RequestBody, UploadBody, UploadStatus } from '../api/schemas/answers.ts';
import { PartRequests } from './part-requests.ts';
import { retry } from './retry.ts';
import { isWorthAnotherSend, type SendBytes, type Slice, sendBytes } from './send-bytes.ts';
import type { StowageClient } from './stowage-client.ts';
import { isStowageError, StowageError } from './stowage-error.ts';
import { sliceOf, type UploadSource } from './upload-source.ts';

export interface PartsJob<Bytes extends Slice> {
  readonly client: StowageClient;
  readonly versionId: string;
  readonly packageId: string;
  readonly upload: Extract<UploadBody, { method: 'multipart' }>;
  readonly source: UploadSource<Bytes>;
  /** SHA-256 of a part. */
  readonly hashPart: (partNumber: number) => Promise<string>;
  /** Whether a stored part counts only if it has the SHA-256 of the source. */
  readonly comparesParts: boolean;
  readonly concurrency: number;
  readonly send: SendBytes<Bytes>;
  readonly signal: AbortSignal | undefined;
  /** Receives the number of bytes of the file that are stored or being sent, as far as known. */
  readonly onBytes: (bytes: number) => void;
}

export interface PartsReport {
  readonly partCount: number;
  readonly skippedParts: number;
  readonly sentParts: number;
  readonly sentBytes: number;
}

const SIGN_AHEAD = 20;
/** Smaller where a part must be read and hashed before it can be signed. */
const SIGN_AHEAD_HASHING = 4;

/** @throws StowageError; NOT_FOUND if the store has dropped the upload */
export async function sendMissingParts<Bytes extends Slice>(
  job: PartsJob<Bytes>,
): Promise<PartsReport> {
  const { client, versionId, packageId, upload, signal } = job;
  requirePlan(upload, job.source.size);
  const status = await client.getUpload(versionId, packageId, { signal });
  const present = new Map(status.parts?.map((part) => [part.partNumber, part]));
  const parts = Array.from({ length: upload.partCount }, (_, index) => partOf(job, index + 1));
  const missing: Part[] = [];
  for (const part of parts)
    if (!(await isStored(job, part, present.get(part.partNumber)))) missing.push(part);
  const sender = new PartsSender(job, missing);
  await sender.run();
  return {
    partCount: parts.length,
    skippedParts: parts.length - missing.length,
    sentParts: sender.sentParts,
    sentBytes: sender.sentBytes,
  };
}

async function isStored<Bytes extends Slice>(
  { comparesParts, hashPart, signal }: PartsJob<Bytes>,
  { partNumber, size }: Part,
  stored: StoredPart | undefined,
): Promise<boolean> {
  if (stored?.size !== size) return false;
  if (!comparesParts) return true;
  signal?.throwIfAborted();
  return stored.sha256 !== undefined && stored.sha256 === (await hashPart(partNumber));
}

/** No store takes more. */
const MAX_PARTS = 10_000;

/**
 * Checks the plan of the service: the parts must add up to the file, and no store takes more parts
 * than `MAX_PARTS`.
 * @throws StowageError
 */
function requirePlan({ partSize, partCount }: PartsJob<Slice>['upload'], size: number): void {
  const isPlan = Number.isSafeInteger(partSize) && partSize > 0 && partCount <= MAX_PARTS;
  if (isPlan && partCount === Math.ceil(size / partSize)) return;
  throw new StowageError(
    'BAD_ANSWER',
    `the service cuts ${size} bytes into ${partCount} parts of ${partSize} bytes`,
  );
}

type StoredPart = NonNullable<UploadStatus['parts']>[number];

interface Part {
  readonly partNumber: number;
  readonly start: number;
  readonly size: number;
}

function partOf<Bytes extends Slice>(
  { upload, source }: PartsJob<Bytes>,
  partNumber: number,
): Part {
  const start = (partNumber - 1) * upload.partSize;
  return { partNumber, start, size: Math.min(upload.partSize, source.size - start) };
}

class PartsSender<Bytes extends Slice> {
  sentParts = 0;
  sentBytes = 0;
  readonly #job: PartsJob<Bytes>;
  readonly #missing: readonly Part[];
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #requests: PartRequests;
  readonly #inFlight = new Map<number, number>();
  #bytesThere: number;
  /** The upload ended while parts were being sent: another client completed or abandoned it. */
  #isOver = false;

  constructor(job: PartsJob<Bytes>, missing: readonly Part[]) {
    this.#job = job;
    this.#missing = missing;
    this.#signal =
      job.signal === undefined
        ? this.#stop.signal
        : AbortSignal.any([job.signal, this.#stop.signal]);
    this.#bytesThere = job.source.size - missing.reduce((sum, part) => sum + part.size, 0);
    // A client that declares part checksums gets no signed parts when it creates the upload. The
    // two cases are distinguished by that.
    const declares = job.upload.parts.length === 0;
    this.#requests = new PartRequests({
      client: job.client,
      versionId: job.versionId,
      packageId: job.packageId,
      partNumbers: missing.map((part) => part.partNumber),
      signed: job.upload.parts,
      hashPart: declares ? job.hashPart : undefined,
      batch: declares ? SIGN_AHEAD_HASHING : SIGN_AHEAD,
      signal: this.#signal,
    });
  }

  /** Returns after all requests have ended, also when it fails. */
  async run(): Promise<void> {
    this.#report();
    const limit = pLimit(this.#job.concurrency);
    const failures: unknown[] = [];
    const send = async (part: Part) => {
      try {
        if (!this.#isOver && failures.length === 0) await this.#sendPart(part);
      } catch (error) {
        failures.push(error);
        this.#stop.abort(error);
      }
    };
    await Promise.all(this.#missing.map((part) => limit(send, part)));
    if (failures.length > 0) throw failures[0];
  }

  async #sendPart(part: Part): Promise<void> {
    const policy = this.#job.client.transport.retry;
    await retry(() => this.#trySend(part), {
      policy,
      signal: this.#signal,
      shouldRetry: isWorthAnotherSend,
    });
  }

  async #trySend(part: Part): Promise<void> {
    const { partNumber, start, size } = part;
    const request = await this.#request(partNumber);
    if (request === undefined) return;
    const bytes = await sliceOf(this.#job.source, start, start + size);
    const onSent = (sent: number) => this.#report(partNumber, sent);
    try {
      const outcome = await sendBytes(this.#job.send, request, bytes, {
        signal: this.#signal,
        onSent,
      });
      if (outcome === 'unsure') this.#isOver = true;
      this.sentParts += 1;
      this.sentBytes += size;
      this.#bytesThere += size;
    } catch (error) {
      if (isStowageError(error, 'STORAGE_REFUSED') && error.status === 403)
        this.#requests.drop(partNumber);
      throw error;
    } finally {
      this.#inFlight.delete(partNumber);
      this.#report();
    }
  }

  /** @returns undefined if no part can be signed, because the upload takes no more parts */
  async #request(partNumber: number): Promise<RequestBody | undefined> {
    try {
      return await this.#requests.get(partNumber);
    } catch (error) {
      if (!isStowageError(error, 'CONFLICT')) throw error;
      this.#isOver = true;
      return undefined;
    }
  }

  #report(partNumber?: number, sent?: number): void {
    if (partNumber !== undefined && sent !== undefined) this.#inFlight.set(partNumber, sent);
    let bytes = this.#bytesThere;
    for (const inFlight of this.#inFlight.values()) bytes += inFlight;
    this.#job.onBytes(bytes);
  }
}
