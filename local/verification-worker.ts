/** Runs verifications in this process, a few at a time. */
import type { PackageRef } from '../core/names.ts';
import type { UploadDeps, VerificationQueue } from '../core/publishing/deps.ts';
import { verifyUpload } from '../core/publishing/verify-upload.ts';
import type { Log } from '../service/host/log.ts';
import { reportVerification } from '../service/upkeep/upkeep-log.ts';
import { JobQueue } from './job-queue.ts';

type VerifyDeps = Pick<UploadDeps, 'catalog' | 'store' | 'fallback' | 'clock'>;

export interface VerificationWorkerOptions {
  readonly log: Log;
  /** Each reads a whole file, and two keep a disk busy. @default 2 */
  readonly concurrency?: number;
  /** The pause before the second try. It doubles with each try. @default 1000 */
  readonly firstRetryMs?: number;
}

/**
 * Its queue may be lost: the packages in it are `verifying` in the catalog, and the sweep of the
 * next start queues them again. A package that cannot be verified stays `verifying`.
 */
export class VerificationWorker implements VerificationQueue {
  readonly #log: Log;
  readonly #jobs: JobQueue<VerifyDeps>;

  constructor({ log, concurrency = 2, firstRetryMs }: VerificationWorkerOptions) {
    this.#log = log;
    this.#jobs = new JobQueue({
      concurrency,
      firstRetryMs,
      onFailure: (name, error) => {
        const [versionId, packageId] = name.split('/');
        log.error({ versionId, packageId, err: error }, 'verification failed, to be tried again');
      },
    });
  }

  /** Sets what a verification needs; earlier requests wait for it. */
  start(deps: VerifyDeps): void {
    this.#jobs.start(deps);
  }

  async enqueue({ versionId, packageId }: PackageRef): Promise<void> {
    const ref = { versionId, packageId };
    this.#jobs.add(`${versionId}/${packageId}`, (deps) => this.#verify(deps, ref));
  }

  /** Settles when no verification waits or runs. */
  idle(): Promise<void> {
    return this.#jobs.idle();
  }

  /**
   * Begins no more verifications, and waits up to `graceMs` for those that run. The next start
   * repeats those that did not finish.
   */
  stop(graceMs: number): Promise<void> {
    return this.#jobs.stop(graceMs);
  }

  async #verify(deps: VerifyDeps, ref: PackageRef): Promise<void> {
    const before = await deps.catalog.getPackage(ref);
    if (before?.state !== 'verifying') return;
    const startedAt = performance.now();
    const after = await verifyUpload(deps, ref);
    if (after?.attemptId === before.attemptId)
      reportVerification(this.#log, after, Math.round(performance.now() - startedAt));
  }
}
