/**
 * Creates the DynamoDB client of all servers and commands: with timeouts, and the SDK's standard
 * retries.
 */
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { withoutUndefined } from '../../core/without-undefined.ts';
import { MAX_ATTEMPTS, TIMEOUT_MS } from './client-limits.ts';
import type { DynamoOperation, DynamoOperations, DynamoRequests } from './requests.ts';
import { SignedDynamoClient } from './signed-client.ts';

const COMMANDS = {
  GetItem: GetItemCommand,
  BatchGetItem: BatchGetItemCommand,
  Query: QueryCommand,
  Scan: ScanCommand,
  PutItem: PutItemCommand,
  UpdateItem: UpdateItemCommand,
  DeleteItem: DeleteItemCommand,
} as const;

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

/** The client of the SDK, which also sends what sets up a table. */
export class SdkDynamoClient extends DynamoDBClient implements DynamoRequests {
  async request<Name extends DynamoOperation>(
    operation: Name,
    input: DynamoOperations[Name][0],
  ): Promise<DynamoOperations[Name][1]> {
    // Each name has the command of its input, which the compiler does not follow.
    const Command = COMMANDS[operation] as new (input: never) => GetItemCommand;
    return this.send(new Command(input as never));
  }

  /**
   * A client for many requests, each of which takes a third of the CPU: it sends where this one does,
   * with the region and the credentials that this one found.
   */
  async signed(): Promise<SignedDynamoClient> {
    const { region, credentials, endpoint, serviceConfiguredEndpoint } = this.config;
    const given = endpoint === undefined ? undefined : await endpoint();
    const port = given?.port === undefined ? '' : `:${given.port}`;
    const url =
      given === undefined
        ? await serviceConfiguredEndpoint?.()
        : `${given.protocol}//${given.hostname}${port}`;
    return new SignedDynamoClient({
      region: await region(),
      credentials,
      ...withoutUndefined({ endpoint: url }),
    });
  }
}

export function dynamoClient(options: DynamoClientOptions = {}): SdkDynamoClient {
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
  return new SdkDynamoClient(config);
}
