/**
 * Waits for a store that is unavailable: packages are tried again for half a minute before they
 * count as failed.
 */
import type { CopyResult } from './outcome.ts';

const PATIENCE_MS = 30_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;
/** If others succeed this often between two tries of one package, the fault is its own. */
const STRIKES = 2;

export interface PatienceOptions {
  /** Milliseconds of a clock that is never set. @default performance.now */
  readonly nowMs?: () => number;
  /** Ends early if the signal is aborted; never rejects. @default setTimeout */
  readonly wait?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

type Result = Pick<CopyResult, 'code'>;

/**
 * One for all packages of a run: all of them together wait 30 seconds, from the first that finds
 * the store unavailable.
 */
export class Patience {
  readonly #nowMs: () => number;
  readonly #wait: NonNullable<PatienceOptions['wait']>;
  #awaySince: number | undefined;
  #successes = 0;

  constructor({ nowMs = () => performance.now(), wait = waitFor }: PatienceOptions = {}) {
    this.#nowMs = nowMs;
    this.#wait = wait;
  }

  /** @param work must be repeatable */
  async trying<Work extends Result>(
    work: () => Promise<Work>,
    signal?: AbortSignal,
  ): Promise<Work> {
    let strikes = 0;
    for (let time = 0; ; time += 1) {
      const successes = this.#successes;
      const result = await work();
      if (result.code !== 'UNAVAILABLE') {
        this.#successes += 1;
        this.#awaySince = undefined;
        return result;
      }
      if (time > 0 && this.#successes > successes) strikes += 1;
      const now = this.#nowMs();
      this.#awaySince ??= now;
      const isOver = now - this.#awaySince >= PATIENCE_MS || strikes >= STRIKES;
      if (isOver || signal?.aborted === true) return result;
      const before = this.#successes;
      await this.#wait(Math.min(FIRST_WAIT_MS * 2 ** time, LONGEST_WAIT_MS), signal);
      if (this.#successes > before) strikes += 1;
    }
  }
}

function waitFor(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done, { once: true });
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}
