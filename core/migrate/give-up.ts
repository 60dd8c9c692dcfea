/**
 * Ends a migration that makes no progress: if one file after the other fails because a store is
 * full, away or refuses access, the rest would fail, too.
 */
import { type ErrorCode, ServiceError } from '../errors.ts';
import type { CopyResult } from './copy/outcome.ts';

const HOPELESS: ReadonlySet<ErrorCode> = new Set(['OUT_OF_SPACE', 'UNAVAILABLE', 'FORBIDDEN']);
const IN_A_ROW = 20;

/**
 * Yields the results, and watches them.
 * @param stop is called when it is over; copies that are in progress end first
 * @throws OUT_OF_SPACE, UNAVAILABLE, FORBIDDEN after so many in a row, when all results were
 *   yielded
 */
export async function* giveUpWhenHopeless(
  outcomes: AsyncIterable<CopyResult>,
  stop: () => void,
  inARow = IN_A_ROW,
): AsyncGenerator<CopyResult, void, void> {
  let hopeless = 0;
  let reason: ServiceError | undefined;
  for await (const outcome of outcomes) {
    yield outcome;
    const { code, detail = '' } = outcome;
    hopeless = code !== undefined && HOPELESS.has(code) ? hopeless + 1 : 0;
    if (hopeless < inARow || code === undefined || reason !== undefined) continue;
    reason = new ServiceError(
      code,
      `given up after ${hopeless} failures in a row, the last: ${detail}`,
    );
    stop();
  }
  if (reason !== undefined) throw reason;
}
