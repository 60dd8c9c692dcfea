/**
 * Creates the DynamoDB client of all servers and commands: with timeouts, and the SDK's standard
 * retries.
 */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/** With the SDK's back-off, this waits about 4 s for throttling to end: less than callers wait. */
const MAX_ATTEMPTS = 5;
/**
 * Most answers take milliseconds, and none exceeds 16 MB. The wait for one of the SDK's 50 sockets
 * counts, too.
 */
const TIMEOUT_MS = 5000;

export interface DynamoClientOptions {
  /** @default as the SDK finds it: AWS_REGION, the profile */
  readonly region?: string;
  /** Of a server that is not AWS. @default the region's endpoint */
  readonly endpoint?: string;
  /** @default as the SDK finds them */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** Limit of one try, including the connection. @default 5000 */
  readonly timeoutMs?: number;
}

export function dynamoClient(options: DynamoClientOptions = {}): DynamoDBClient {
  const { timeoutMs = TIMEOUT_MS, ...where } = options;
  const config: DynamoDBClientConfig = {
    retryMode: 'standard',
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
    },
    ...where,
  };
  return new DynamoDBClient(config);
}
