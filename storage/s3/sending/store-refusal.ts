/**
 * The refusal of a request that was sent without the SDK. It has the shape of the SDK's errors,
 * because bucket/errors.ts reads both.
 */
import pRetry from 'p-retry';
import { parseErrorXml } from '../../xml/error-xml.ts';
import { ConnectionFault } from './connections.ts';

export class StoreRefusal extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(status: number, body: string) {
    const { code = String(status), message = `the store answered ${status}` } = parseErrorXml(body);
    super(message);
    this.name = code;
    this.$metadata = { httpStatusCode: status };
  }
}

const PASSING: ReadonlySet<string> = new Set([
  'SlowDown',
  'RequestTimeout',
  'RequestTimeoutException',
]);
const PASSING_STATUSES: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
/** The SDK retries these, too. */
const PASSING_ERRNOS: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
]);

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/** Sends again while the same request may succeed a moment later. @param retries after the first */
export function retryPassing<Result>(
  send: () => Promise<Result>,
  retries: number,
): Promise<Result> {
  return pRetry(send, {
    retries,
    minTimeout: FIRST_WAIT_MS,
    maxTimeout: LONGEST_WAIT_MS,
    randomize: true,
    shouldRetry: ({ error }) => isPassing(error),
  });
}

function isPassing(error: Error): boolean {
  if (error instanceof StoreRefusal) {
    return PASSING.has(error.name) || PASSING_STATUSES.has(error.$metadata.httpStatusCode);
  }
  return error instanceof ConnectionFault && PASSING_ERRNOS.has(String(error.code));
}
