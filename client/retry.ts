/**
 * When and how often a request is retried: exponential back-off with jitter, and not before the
 * time in `Retry-After`.
 */
import pRetry from 'p-retry';
import { StowageError } from './stowage-error.ts';

export interface RetryPolicy {
  /** Tries after the first one. @default 5 */
  readonly retries?: number;
  /**
   * Delay before the first retry. It doubles each time, and is randomly up to twice as long.
   * @default 300
   */
  readonly minDelayMs?: number;
  /** @default 10000 */
  readonly maxDelayMs?: number;
}

/** If the service asks for a longer delay than this, there is no retry. */
const MAX_RETRY_AFTER_SECONDS = 120;
/**
 * 408 Request Timeout and 425 Too Early (RFC 8470): the request was not processed. The others: the
 * server could not process it at the moment.
 */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Whether the same request may succeed a moment later: there was no answer, or one that says so.
 */
export function isTransient(error: unknown): error is StowageError {
  return (
    error instanceof StowageError &&
    (error.code === 'UNREACHABLE' ||
      (error.status !== undefined && TRANSIENT_STATUSES.has(error.status)))
  );
}

export interface RetriedOptions {
  readonly policy: RetryPolicy;
  readonly signal?: AbortSignal | undefined;
  /** Which errors lead to a retry. @default isTransient */
  readonly shouldRetry?: (error: unknown) => boolean;
}

/**
 * Runs `attempt` until it succeeds, fails permanently, or has no retries left.
 * @throws the last error, or the signal's reason
 */
export function retry<Result>(
  attempt: () => Promise<Result>,
  options: RetriedOptions,
): Promise<Result> {
  const { policy, signal, shouldRetry = isTransient } = options;
  return pRetry(attempt, {
    retries: policy.retries ?? 5,
    minTimeout: policy.minDelayMs ?? 300,
    maxTimeout: policy.maxDelayMs ?? 10_000,
    randomize: true,
    ...(signal === undefined ? {} : { signal }),
    shouldRetry: ({ error }) =>
      shouldRetry(error) && retryAfterMs(error) <= MAX_RETRY_AFTER_SECONDS * 1000,
    onFailedAttempt: async ({ error, retriesLeft, retryDelay }) => {
      const wait = retryAfterMs(error) - retryDelay;
      if (
        retriesLeft > 0 &&
        wait > 0 &&
        wait <= MAX_RETRY_AFTER_SECONDS * 1000 &&
        shouldRetry(error)
      ) {
        await delay(wait, signal);
      }
    },
  });
}

/**
 * The delay between polls, 0.1 to 5 seconds with jitter. It is about a fifth of the time that has
 * passed, so that work of two seconds is not noticed after four.
 * @param round from 0
 */
export function pollDelayMs(round: number): number {
  return Math.min(100 * 1.25 ** round, 5000) * (0.75 + Math.random() / 2);
}

/** @throws the signal's reason */
export function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function retryAfterMs(error: unknown): number {
  return error instanceof StowageError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
}

/** The header Retry-After in seconds; also the form that is a date (RFC 9110 section 10.2.3). */
export function retryAfterOf(headers: Headers): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
