/** Runs checks that read large files in this process, one version at a time. */
import type { CheckQueue } from '../core/checks/runs/check-queue.ts';
import { type BackgroundDeps, runCheck } from '../core/checks/runs/check-runs.ts';
import type { Log } from '../service/host/log.ts';
import { reportCheck } from '../service/upkeep/upkeep-log.ts';
import { JobQueue } from './job-queue.ts';

export interface CheckWorkerOptions {
  readonly log: Log;
  /** The pause before the second try. It doubles with each try. @default 1000 */
  readonly firstRetryMs?: number;
}

/** Its queue may be lost: who asks for the results again starts them again. */
export class CheckWorker implements CheckQueue {
  readonly #log: Log;
  readonly #jobs: JobQueue<BackgroundDeps>;

  constructor({ log, firstRetryMs }: CheckWorkerOptions) {
    this.#log = log;
    this.#jobs = new JobQueue({
      concurrency: 1,
      firstRetryMs,
      onFailure: (checkId, error) =>
        log.error({ checkId, err: error }, 'checks stopped, until they are asked for again'),
    });
  }

  /** Sets what checks need; earlier requests wait for it. */
  start(deps: BackgroundDeps): void {
    this.#jobs.start(deps);
  }

  async enqueueCheck(checkId: string): Promise<void> {
    this.#jobs.add(checkId, async (deps) => {
      const startedAt = performance.now();
      const run = await runCheck(deps, checkId);
      if (run !== undefined) reportCheck(this.#log, run, Math.round(performance.now() - startedAt));
    });
  }

  /** Begins no more checks, and waits up to `graceMs` for those that run. */
  stop(graceMs: number): Promise<void> {
    return this.#jobs.stop(graceMs);
  }
}
