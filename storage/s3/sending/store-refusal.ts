/** What a store says where it refuses a request that was sent without the SDK, in the shape of the SDK's errors: storage/s3/bucket/s3-errors.ts reads both. */
import { ConnectionFault } from './connections.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses */
const CODE = /<Code>\s*([A-Za-z0-9]+)\s*<\/Code>/;
const MESSAGE = /<Message>([^<]*)<\/Message>/;

export class StoreRefusal extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(status: number, body: string) {
    super(MESSAGE.exec(body)?.[1] ?? `the store answered ${status}`);
    this.name = CODE.exec(body)?.[1] ?? String(status);
    this.$metadata = { httpStatusCode: status };
  }
}

const PASSING: ReadonlySet<string> = new Set([
  'SlowDown',
  'RequestTimeout',
  'RequestTimeoutException',
]);
const PASSING_STATUSES: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
/** The SDK tries these again, too. */
const PASSING_ERRNOS: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
]);

/** Whether the same request may fare better a moment later. */
export function mayFareBetter(error: Error): boolean {
  if (error instanceof StoreRefusal) {
    return PASSING.has(error.name) || PASSING_STATUSES.has(error.$metadata.httpStatusCode);
  }
  return error instanceof ConnectionFault && PASSING_ERRNOS.has(String(error.code));
}
