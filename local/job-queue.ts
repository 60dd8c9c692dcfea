/**
 * Runs jobs in this process, a few at a time, each under a name. A job that an error stopped is tried
 * again.
 */
import pLimit from 'p-limit';
import pRetry from 'p-retry';
import { isServiceError } from '../core/errors.ts';
import { withinGrace } from './start/stopping.ts';

export interface JobQueueOptions {
  readonly concurrency: number;
  /** The pause before the second try. It doubles with each try. @default 1000 */
  readonly firstRetryMs?: number | undefined;
  /** Called when a job has failed for now. */
  readonly onFailure: (name: string, error: unknown) => void;
}

/** After so many tries the job waits until it is asked for again. */
const RETRIES = 4;
const MAX_RETRY_MS = 15_000;

/** @typeParam Deps what jobs need; those that are asked for before `start` wait for it */
export class JobQueue<Deps> {
  readonly #options: JobQueueOptions;
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #jobs = new Map<string, { askedAgain: boolean; readonly done: Promise<void> }>();
  readonly #started = Promise.withResolvers<Deps | undefined>();
  readonly #stopping = new AbortController();

  constructor(options: JobQueueOptions) {
    this.#options = options;
    this.#limit = pLimit(options.concurrency);
  }

  start(deps: Deps): void {
    this.#started.resolve(deps);
  }

  /** Runs a job, once at a time for each name. */
  add(name: string, run: (deps: Deps) => Promise<void>): void {
    if (this.#stopping.signal.aborted) return;
    const job = this.#jobs.get(name);
    // One more run after the present one, which may have read the record before this request.
    if (job !== undefined) job.askedAgain = true;
    else
      this.#jobs.set(name, {
        askedAgain: false,
        done: this.#limit(() => this.#work(name, run)),
      });
  }

  /** Settles when no job waits or runs. */
  async idle(): Promise<void> {
    while (this.#jobs.size > 0) await Promise.all([...this.#jobs.values()].map((job) => job.done));
  }

  /** Begins no more jobs, and waits up to `graceMs` for those that run. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort(new Error('the server is stopping'));
    this.#started.resolve(undefined);
    await withinGrace(this.idle(), graceMs);
  }

  async #work(name: string, run: (deps: Deps) => Promise<void>): Promise<void> {
    const deps = await this.#started.promise;
    const job = this.#jobs.get(name);
    do {
      if (job !== undefined) job.askedAgain = false;
      if (deps !== undefined && !this.#stopping.signal.aborted)
        await this.#try(name, () => run(deps));
    } while (job?.askedAgain === true);
    this.#jobs.delete(name);
  }

  /** Does not reject. */
  async #try(name: string, run: () => Promise<void>): Promise<void> {
    const { firstRetryMs = 1000, onFailure } = this.#options;
    try {
      await pRetry(run, {
        retries: RETRIES,
        minTimeout: firstRetryMs,
        maxTimeout: MAX_RETRY_MS,
        randomize: true,
        signal: this.#stopping.signal,
        shouldRetry: ({ error }) =>
          isServiceError(error, 'UNAVAILABLE', 'OUT_OF_SPACE', 'CONFLICT'),
      });
    } catch (error) {
      if (!this.#stopping.signal.aborted) onFailure(name, error);
    }
  }
}
