/**
 * The upload engine: announces a package, sends the missing bytes, and waits for the proof. Runs in
 * browsers and in Node.
 */
import type { CreatedPackage, PackageBody, RequestBody } from '../api/schemas/answers.ts';
import type { CreatePackageBody } from '../api/schemas/requests.ts';
import { allowedOnly } from './allowed-requests.ts';
import { delay, pollDelayMs } from './retry.ts';
import { fetchSender, type SendBytes, type Slice, type UploadBytes } from './send-bytes.ts';
import type { StowageClient } from './stowage-client.ts';
import { isStowageError, StowageError } from './stowage-error.ts';
import { type PartsReport, sendMissingParts } from './upload-parts.ts';
import { requireSize, type UploadSource } from './upload-source.ts';
import { sendWhole } from './upload-whole.ts';

export interface UploadTask<Bytes = UploadBytes> {
  readonly versionId: string;
  /** What to declare; `size` and `sha256` must be those of the source. */
  readonly declaration: CreatePackageBody;
  readonly source: UploadSource<Bytes>;
  /**
   * SHA-256 of a part (numbered from 1) of that size, if the caller knows it.
   * @default each part is hashed in memory when it is needed
   */
  readonly hashPart?: (partNumber: number, partSize: number) => Promise<string> | string;
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
  let declaration = task.declaration;
  let sent: PartsReport | undefined;
  for (let round = 1; ; round++) {
    const created = await announce(client, task.versionId, declaration, options.signal);
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

/** If the store has dropped the parts of an upload, the upload is abandoned and begun again. */
async function announce(
  client: StowageClient,
  versionId: string,
  declaration: CreatePackageBody,
  signal: AbortSignal | undefined,
): Promise<CreatedPackage> {
  try {
    return await client.createPackage(versionId, declaration, { signal });
  } catch (error) {
    if (!isStowageError(error, 'NOT_UPLOADED')) throw error;
    const packageId =
      declaration.packageId ?? (await findPackageId(client, versionId, declaration, signal));
    if (packageId === undefined) throw error;
    await giveUp(client, versionId, packageId, signal);
    return client.createPackage(versionId, declaration, { signal });
  }
}

/** The id under which the service keeps an upload that was announced by its filename. */
async function findPackageId(
  client: StowageClient,
  versionId: string,
  { filename, ext, size, sha256 }: CreatePackageBody,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const names = [{ filename, ext, size, sha256 }];
  try {
    const [found] = await client.checkNames(versionId, names, { signal });
    return found?.verdict === 'same' ? found.packageId : undefined;
  } catch (error) {
    // A service of a release before 0.2 has no such operation.
    if (isStowageError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

async function giveUp(
  client: StowageClient,
  versionId: string,
  packageId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await client.abortUpload(versionId, packageId, { signal });
  } catch (refusal) {
    // Another client abandoned or completed it; creating it again shows which.
    if (!isStowageError(refusal, 'NOT_FOUND', 'CONFLICT')) throw refusal;
  }
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

/** One round: sends the bytes, and asks for the proof. */
class Sending<Bytes extends Slice> {
  readonly #client: StowageClient;
  readonly #task: UploadTask<Bytes>;
  readonly #options: UploadOptions<Bytes>;
  readonly #send: SendBytes<Bytes>;
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
    const { versionId, source, hashPart } = this.#task;
    const { concurrency = CONCURRENCY, signal } = this.#options;
    const onBytes = (bytes: number) => this.#progress('sending', bytes);
    const job = { client: this.#client, source, send: this.#send, signal, onBytes };
    if (upload.method === 'multipart') {
      const { packageId } = announced;
      return sendMissingParts({ ...job, versionId, packageId, upload, hashPart, concurrency });
    }
    this.#lost = await sendWhole({ ...job, request: upload.request, renew: () => this.#renewed() });
    return { ...NOTHING, sentParts: 1, sentBytes: source.size };
  }

  /** @returns the package, `available` (or `yanked` since). @throws NOT_UPLOADED, INTEGRITY, ... */
  async complete(packageId: string): Promise<PackageBody> {
    const { versionId, source } = this.#task;
    const { signal, verifyWithinSeconds = VERIFY_WITHIN_SECONDS } = this.#options;
    const deadline = Date.now() + verifyWithinSeconds * 1000;
    for (let round = 0; ; round++) {
      const settled = await this.#client.completeUpload(versionId, packageId, { signal });
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
