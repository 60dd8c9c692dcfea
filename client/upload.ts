/**
 * The upload engine: announces a package, sends the missing bytes, and waits for the proof. Runs in
 * browsers and in Node.
 */
import type {
  CreatedPackage,
  PackageBody,
  RequestBody,
  UploadBody,
} from '../api/schemas/answers.ts';
import type { CompleteUploadBody, CreatePackageBody } from '../api/schemas/requests.ts';
import { allowedOnly } from './allowed-requests.ts';
import { type Announcing, announceOrHash, giveUp } from './announce.ts';
import { delay, pollDelayMs } from './retry.ts';
import { fetchSender, type SendBytes, type Slice, type UploadBytes } from './send-bytes.ts';
import type { StowageClient } from './stowage-client.ts';
import { isStowageError, StowageError } from './stowage-error.ts';
import { type PartsReport, sendMissingParts } from './upload-parts.ts';
import { requireSize, sha256Of, sliceOf, type UploadSource } from './upload-source.ts';
import { sendWhole } from './upload-whole.ts';

export interface UploadTask<Bytes = UploadBytes> {
  readonly versionId: string;
  /**
   * What to declare; `size` and `sha256` must be those of the source. The `sha256` may be left out of
   * a multipart upload with `partChecksums`, so that the source is read only while it is sent.
   */
  readonly declaration: CreatePackageBody;
  readonly source: UploadSource<Bytes>;
  /**
   * SHA-256 of a part (numbered from 1) of that size, if the caller knows it.
   * @default each part is hashed in memory when it is needed
   */
  readonly hashPart?: (partNumber: number, partSize: number) => Promise<string> | string;
  /**
   * SHA-256 of the whole source, required if the declaration has none. Called once all parts were
   * hashed; or before anything is sent, if the service has to know it first.
   */
  readonly hashWhole?: () => Promise<string>;
}

export interface UploadProgress {
  readonly phase: 'sending' | 'verifying';
  /** Bytes that are stored or being sent; decreases when a part is sent again. */
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface UploadOptions<Bytes = UploadBytes> {
  /** Parts at a time. @default 4 */
  readonly concurrency?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: UploadProgress) => void;
  /** Called as soon as the service has answered which package it is. */
  readonly onAnnounced?: (announced: PackageBody) => void;
  /** @default `fetch` with the bytes as body */
  readonly send?: SendBytes<Bytes>;
  /** How long to wait while the service reads the bytes back. @default 3600 */
  readonly verifyWithinSeconds?: number;
}

export interface UploadReport {
  readonly package: PackageBody;
  /** `already-there`: nothing was sent, and nothing was missing. */
  readonly outcome: 'published' | 'already-there';
  /** 1 for an upload that is a single request. */
  readonly partCount: number;
  readonly sentParts: number;
  /** Parts that an earlier run had sent. */
  readonly skippedParts: number;
  readonly sentBytes: number;
}

/** How often bytes are sent that the service then reports as missing. */
const ROUNDS = 3;
const CONCURRENCY = 4;
const VERIFY_WITHIN_SECONDS = 3600;

/**
 * Uploads a source. The same upload again sends only what is missing. Slices that are neither Blob
 * nor Uint8Array need a `send`.
 * @throws StowageError, or the signal's reason; INVALID_INPUT, before anything is announced, if the
 *   size of the source is not the declared one
 */
export function uploadPackage(
  client: StowageClient,
  task: UploadTask,
  options?: UploadOptions,
): Promise<UploadReport>;
export function uploadPackage<Bytes extends Slice>(
  client: StowageClient,
  task: UploadTask<Bytes>,
  options: UploadOptions<Bytes> & { readonly send: SendBytes<Bytes> },
): Promise<UploadReport>;
export async function uploadPackage<Bytes extends Slice>(
  client: StowageClient,
  task: UploadTask<Bytes>,
  options: UploadOptions<Bytes> = {},
): Promise<UploadReport> {
  requireSize(task.source, task.declaration.size);
  requireHash(task);
  let { declaration } = task;
  let sent: PartsReport | undefined;
  for (let round = 1; ; round++) {
    const [created, declared] = await announceOrHash(
      client,
      { ...task, declaration },
      options.signal,
    );
    declaration = declared;
    const { upload, package: announced } = created;
    options.onAnnounced?.(announced);
    if (upload === undefined && announced.state !== 'verifying') return reportOf(announced, sent);
    declaration = { ...declaration, packageId: announced.packageId };
    const engine = new Sending(client, { ...task, declaration }, options);
    try {
      sent = addReports(sent, await engine.send(created));
      return reportOf(await engine.complete(announced.packageId), sent);
    } catch (error) {
      if (round >= ROUNDS || !(await engine.mayStartAgain(error, announced.packageId))) throw error;
    }
  }
}

/** @throws StowageError INVALID_INPUT */
function requireHash({ declaration, hashWhole }: Announcing): void {
  if (declaration.sha256 !== undefined || hashWhole !== undefined) return;
  throw new StowageError('INVALID_INPUT', 'a declaration without sha256 needs hashWhole');
}

const NOTHING: PartsReport = { partCount: 1, sentParts: 0, skippedParts: 0, sentBytes: 0 };

function addReports(before: PartsReport | undefined, now: PartsReport): PartsReport {
  if (before === undefined) return now;
  return {
    partCount: now.partCount,
    // Bytes that an earlier round of this run sent do not count as already stored.
    skippedParts: before.skippedParts,
    sentParts: before.sentParts + now.sentParts,
    sentBytes: before.sentBytes + now.sentBytes,
  };
}

function reportOf(settled: PackageBody, sent: PartsReport | undefined): UploadReport {
  const outcome = sent === undefined ? 'already-there' : 'published';
  return { package: settled, outcome, ...(sent ?? NOTHING) };
}

/** How an upload is cut into parts. */
type Cut = Pick<Extract<UploadBody, { method: 'multipart' }>, 'partSize' | 'partCount'>;

/** One round: sends the bytes, and asks for the proof. */
class Sending<Bytes extends Slice> {
  readonly #client: StowageClient;
  readonly #task: UploadTask<Bytes>;
  readonly #options: UploadOptions<Bytes>;
  readonly #send: SendBytes<Bytes>;
  /** Of the parts that were hashed, by number. */
  readonly #digests = new Map<number, string>();
  #plan: Cut | undefined;
  /** The connection may have broken after the last byte: completing the upload shows it. */
  #lost: StowageError | undefined;

  constructor(client: StowageClient, task: UploadTask<Bytes>, options: UploadOptions<Bytes>) {
    this.#client = client;
    this.#task = task;
    this.#options = options;
    // Without one, the slices are what `fetch` takes: the overloads above see to that.
    const byFetch = fetchSender(client.transport) as SendBytes<never> as SendBytes<Bytes>;
    this.#send = allowedOnly(client.url, options.send ?? byFetch);
  }

  async send({ package: announced, upload }: CreatedPackage): Promise<PartsReport> {
    if (upload === undefined) return NOTHING;
    const { versionId, source } = this.#task;
    const { concurrency = CONCURRENCY, signal } = this.#options;
    const onBytes = (bytes: number) => this.#progress('sending', bytes);
    const job = { client: this.#client, source, send: this.#send, signal, onBytes };
    if (upload.method === 'multipart') {
      const { packageId } = announced;
      this.#plan = upload;
      const hashPart = (partNumber: number) => this.#digestOf(partNumber, upload);
      const parts = { versionId, packageId, upload, hashPart, concurrency };
      return sendMissingParts({ ...job, ...parts, comparesParts: this.#isLate });
    }
    this.#lost = await sendWhole({ ...job, request: upload.request, renew: () => this.#renewed() });
    return { ...NOTHING, sentParts: 1, sentBytes: source.size };
  }

  /** @returns the package, `available` (or `yanked` since). @throws NOT_UPLOADED, INTEGRITY, ... */
  async complete(packageId: string): Promise<PackageBody> {
    const { versionId, source } = this.#task;
    const { signal, verifyWithinSeconds = VERIFY_WITHIN_SECONDS } = this.#options;
    const digest = await this.#lateDigest();
    const deadline = Date.now() + verifyWithinSeconds * 1000;
    for (let round = 0; ; round++) {
      const settled = await this.#client.completeUpload(versionId, packageId, { signal, digest });
      if (settled.state !== 'verifying') return settled;
      if (Date.now() > deadline) {
        throw new StowageError(
          'UNAVAILABLE',
          `${packageId} is still being verified after ${verifyWithinSeconds} seconds`,
        );
      }
      this.#progress('verifying', source.size);
      await delay(pollDelayMs(round), signal);
    }
  }

  /** Whether the service gets the SHA-256 of the whole only when the upload is completed. */
  get #isLate(): boolean {
    return this.#task.declaration.sha256 === undefined;
  }

  /** Of an upload that was created without one. */
  async #lateDigest(): Promise<CompleteUploadBody | undefined> {
    const { hashWhole } = this.#task;
    if (!this.#isLate || this.#plan === undefined || hashWhole === undefined) return undefined;
    const digests = new Uint8Array(this.#plan.partCount * DIGEST_BYTES);
    for (let index = 0; index < this.#plan.partCount; index++)
      digests.set(bytesOfHex(await this.#digestOf(index + 1, this.#plan)), index * DIGEST_BYTES);
    return { sha256: await hashWhole(), partsSha256: await sha256Of(digests) };
  }

  async #digestOf(partNumber: number, { partSize }: Cut): Promise<string> {
    // What was said of a part must stay what is said of the whole.
    const known = this.#isLate ? this.#digests.get(partNumber) : undefined;
    if (known !== undefined) return known;
    const { source, hashPart } = this.#task;
    const start = (partNumber - 1) * partSize;
    const digest =
      hashPart === undefined
        ? await sha256Of(await sliceOf(source, start, Math.min(start + partSize, source.size)))
        : await hashPart(partNumber, partSize);
    this.#digests.set(partNumber, digest);
    return digest;
  }

  /**
   * Whether to send missing bytes again. An upload whose parts the store has dropped is abandoned
   * first.
   */
  async mayStartAgain(error: unknown, packageId: string): Promise<boolean> {
    if (isStowageError(error, 'NOT_UPLOADED')) {
      if (this.#lost !== undefined) throw this.#lost;
      return true;
    }
    if (!isStowageError(error, 'NOT_FOUND')) return false;
    await giveUp(this.#client, this.#task.versionId, packageId, this.#options.signal);
    return true;
  }

  /** @returns undefined if nothing is left to send */
  async #renewed(): Promise<RequestBody | undefined> {
    const { versionId, declaration } = this.#task;
    const { upload } = await this.#client.createPackage(versionId, declaration, {
      signal: this.#options.signal,
    });
    return upload?.method === 'single' ? upload.request : undefined;
  }

  #progress(phase: UploadProgress['phase'], bytes: number): void {
    this.#options.onProgress?.({ phase, bytes, totalBytes: this.#task.source.size });
  }
}

const DIGEST_BYTES = 32;

function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
