/**
 * How fast many requests are sent to a table: so many at the same time, fewer when it throttles, and
 * more again when it does not.
 */
import pLimit from 'p-limit';
import pRetry from 'p-retry';
import { isServiceError } from '../../../core/errors.ts';

/** The SDK has 50 sockets. */
const MOST_AT_ONCE = 48;
/** After so many answers without throttling, one request more is sent at the same time. */
const ANSWERS_PER_STEP = 20;
/** The SDK has tried five times before; these pauses double up to 20 s, about two minutes in all. */
const RETRIES = { retries: 10, minTimeout: 500, maxTimeout: 20_000, factor: 2, randomize: true };

export class Pace {
  readonly #limit = pLimit(MOST_AT_ONCE);
  readonly #retries: typeof RETRIES;
  #answers = 0;

  /** @param retries @default pauses of 0.5 s to 20 s, ten times */
  constructor(retries: Partial<typeof RETRIES> = {}) {
    this.#retries = { ...RETRIES, ...retries };
  }

  /** How many requests are sent at the same time now. */
  get atOnce(): number {
    return this.#limit.concurrency;
  }

  /** @throws what the last try threw */
  run<Result>(send: () => Promise<Result>): Promise<Result> {
    return pRetry(() => this.#limit(() => this.#try(send)), {
      ...this.#retries,
      shouldRetry: ({ error }) => isServiceError(error, 'TOO_MANY_REQUESTS'),
    });
  }

  async #try<Result>(send: () => Promise<Result>): Promise<Result> {
    try {
      const result = await send();
      if (++this.#answers % ANSWERS_PER_STEP === 0 && this.atOnce < MOST_AT_ONCE)
        this.#limit.concurrency = this.atOnce + 1;
      return result;
    } catch (error) {
      if (isServiceError(error, 'TOO_MANY_REQUESTS'))
        this.#limit.concurrency = Math.max(1, Math.floor(this.atOnce / 2));
      throw error;
    }
  }
}
