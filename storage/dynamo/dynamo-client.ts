/** Makes the DynamoDB client as every server of the service does: bounded waits, the SDK's standard retries. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/** With the SDK's back-off some 4 s of throttling are waited out, less than a caller waits. */
const MAX_ATTEMPTS = 5;
/** Most answers take some milliseconds, none is larger than 16 MB. The SDK counts the wait for one of its 50 sockets too. */
const TIMEOUT_MS = 5000;

export interface DynamoClientOptions {
  /** @default the SDK's own chain: AWS_REGION, the profile */
  readonly region?: string;
  /** For what is not AWS. @default the region's endpoint */
  readonly endpoint?: string;
  /** @default the SDK's own chain */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** For one try, the connection included. @default 5000 */
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
