/**
 * Runs verifications in this process, a few at a time. A verification that an error stopped is
 * tried again.
 */
import pLimit from 'p-limit';
import pRetry from 'p-retry';
import { isServiceError } from '../core/errors.ts';
import type { PackageRef } from '../core/names.ts';
import type { UploadDeps, VerificationQueue } from '../core/publishing/deps.ts';
import { verifyUpload } from '../core/publishing/verify-upload.ts';
import type { Log } from '../service/host/log.ts';
import { reportVerification } from '../service/upkeep/upkeep-log.ts';
import { withinGrace } from './start/stopping.ts';

type VerifyDeps = Pick<UploadDeps, 'catalog' | 'store' | 'fallback' | 'clock'>;

export interface VerificationWorkerOptions {
  readonly log: Log;
  /** Each reads a whole file, and two keep a disk busy. @default 2 */
  readonly concurrency?: number;
  /** The pause before the second try. It doubles with each try. @default 1000 */
  readonly firstRetryMs?: number;
}

/** After so many tries the package waits for the next sweep. */
const RETRIES = 4;
const MAX_RETRY_MS = 15_000;

/**
 * Its queue may be lost: the packages in it are `verifying` in the catalog, and the sweep of the
 * next start queues them again.
 */
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

  /** Sets what a verification needs; earlier requests wait for it. */
  start(deps: VerifyDeps): void {
    this.#started.resolve(deps);
  }

  async enqueue(ref: PackageRef): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const { versionId, packageId } = ref;
    const name = `${versionId}/${packageId}`;
    const job = this.#jobs.get(name);
    // One more run after the present one, which may have read the record before this request.
    if (job !== undefined) job.askedAgain = true;
    else
      this.#jobs.set(name, {
        askedAgain: false,
        done: this.#limit(() => this.#work(name, { versionId, packageId })),
      });
  }

  /** Settles when no verification waits or runs. */
  async idle(): Promise<void> {
    while (this.#jobs.size > 0) await Promise.all([...this.#jobs.values()].map((job) => job.done));
  }

  /**
   * Begins no more verifications, and waits up to `graceMs` for those that run. The next start
   * repeats those that did not finish.
   */
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

  /** Does not reject: a package that cannot be verified stays `verifying`. */
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
