/**
 * Sends the catalog's requests without the SDK, for functions that must start fast. Attributes are
 * texts and numbers only, which DynamoDB's JSON holds as the SDK gives them.
 */
import type { AwsClientOptions } from '../aws/aws-client.ts';
import { JsonClient } from '../aws/json-client.ts';
import { DYNAMODB } from '../aws/json-services.ts';
import { MAX_ATTEMPTS, TIMEOUT_MS } from './client-limits.ts';
import type { DynamoOperation, DynamoOperations, DynamoRequests } from './requests.ts';

export class SignedDynamoClient implements DynamoRequests {
  readonly #client: JsonClient;

  constructor(options: AwsClientOptions) {
    const limits = { maxAttempts: MAX_ATTEMPTS, timeoutMs: TIMEOUT_MS };
    this.#client = new JsonClient(DYNAMODB, { ...limits, ...options });
  }

  async request<Name extends DynamoOperation>(
    operation: Name,
    input: DynamoOperations[Name][0],
  ): Promise<DynamoOperations[Name][1]> {
    return (await this.#client.send(operation, input)) as DynamoOperations[Name][1];
  }

  destroy(): void {
    this.#client.destroy();
  }
}
