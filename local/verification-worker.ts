/** Works off verifications in this process: joins and reads back uploads, a few at a time, again where a fault stopped one. */
import pLimit from 'p-limit';
import pRetry from 'p-retry';
import { isServiceError } from '../core/errors.ts';
import type { PackageRef } from '../core/names.ts';
import type { UploadDeps, VerificationQueue } from '../core/publishing/deps.ts';
import { verifyUpload } from '../core/publishing/verify-upload.ts';
import type { Log } from '../service/host/log.ts';
import { reportVerification } from '../service/upkeep/report-verification.ts';
import { withinGrace } from './start/grace-period.ts';

type VerifyDeps = Pick<UploadDeps, 'catalog' | 'store' | 'fallback' | 'clock'>;

export interface VerificationWorkerOptions {
  readonly log: Log;
  /** Two keep a disk busy; each reads a whole file. @default 2 */
  readonly concurrency?: number;
  /** Before a second try; doubles with each. @default 1000 */
  readonly firstRetryMs?: number;
}

/** After these the next sweep asks again. */
const RETRIES = 4;
const MAX_RETRY_MS = 15_000;

/** Keeps no state of its own: what waits here is `verifying` in the catalog, and the sweep of the next start asks for it again. */
export class VerificationWorker implements VerificationQueue {
  readonly #log: Log;
  readonly #firstRetryMs: number;
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #jobs = new Map<string, { askedAgain: boolean; readonly done: Promise<void> }>();
  readonly #started = Promise.withResolvers<VerifyDeps | undefined>();
  readonly #stopping = new AbortController();

  constructor(options: VerificationWorkerOptions) {
    const { log, concurrency = 2, firstRetryMs = 1000 } = options;
    this.#log = log;
    this.#firstRetryMs = firstRetryMs;
    this.#limit = pLimit(concurrency);
  }

  /** What was asked for before waits for this. */
  start(deps: VerifyDeps): void {
    this.#started.resolve(deps);
  }

  async enqueue(ref: PackageRef): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const { versionId, packageId } = ref;
    const name = `${versionId}/${packageId}`;
    const job = this.#jobs.get(name);
    // One more look after the one that runs: it may be over with the state that made somebody ask.
    if (job !== undefined) job.askedAgain = true;
    else
      this.#jobs.set(name, {
        askedAgain: false,
        done: this.#limit(() => this.#work(name, { versionId, packageId })),
      });
  }

  /** Settles when nothing is waiting or running. */
  async idle(): Promise<void> {
    while (this.#jobs.size > 0) await Promise.all([...this.#jobs.values()].map((job) => job.done));
  }

  /** Begins nothing new, and waits for what runs, `graceMs` at most: what is given up is done again after the next start. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort(new Error('the server is stopping'));
    this.#started.resolve(undefined);
    await withinGrace(this.idle(), graceMs);
  }

  async #work(name: string, ref: PackageRef): Promise<void> {
    const deps = await this.#started.promise;
    const job = this.#jobs.get(name);
    do {
      if (job !== undefined) job.askedAgain = false;
      if (deps !== undefined && !this.#stopping.signal.aborted) await this.#verify(deps, ref);
    } while (job?.askedAgain === true);
    this.#jobs.delete(name);
  }

  /** Never rejects: a package that can't be verified stays `verifying`. */
  async #verify(deps: VerifyDeps, ref: PackageRef): Promise<void> {
    try {
      await pRetry(() => this.#verifyOnce(deps, ref), {
        retries: RETRIES,
        minTimeout: this.#firstRetryMs,
        maxTimeout: MAX_RETRY_MS,
        randomize: true,
        signal: this.#stopping.signal,
        shouldRetry: ({ error }) =>
          isServiceError(error, 'UNAVAILABLE', 'OUT_OF_SPACE', 'CONFLICT'),
      });
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        this.#log.error({ ...ref, err: error }, 'verification failed, to be tried again');
    }
  }

  async #verifyOnce(deps: VerifyDeps, ref: PackageRef): Promise<void> {
    const before = await deps.catalog.getPackage(ref);
    if (before?.state !== 'verifying') return;
    const startedAt = performance.now();
    const after = await verifyUpload(deps, ref);
    if (after?.attemptId === before.attemptId)
      reportVerification(this.#log, after, Math.round(performance.now() - startedAt));
  }
}
