/**
 * The refusal of a request that was sent without the SDK. It has the shape of the SDK's errors,
 * because bucket/errors.ts reads both.
 */
import { parseErrorXml } from '../../aws/error-xml.ts';
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

/** Whether the same request may succeed a moment later. */
export function isPassing(error: Error): boolean {
  if (error instanceof StoreRefusal) {
    return PASSING.has(error.name) || PASSING_STATUSES.has(error.$metadata.httpStatusCode);
  }
  return error instanceof ConnectionFault && PASSING_ERRNOS.has(String(error.code));
}
