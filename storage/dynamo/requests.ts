/**
 * The requests that the catalog sends to DynamoDB, through a client of the SDK
 * (dynamo-client.ts), or signed requests alone (signed-client.ts).
 */
import type {
  BatchGetItemInput,
  BatchGetItemOutput,
  DeleteItemInput,
  DeleteItemOutput,
  GetItemInput,
  GetItemOutput,
  PutItemInput,
  PutItemOutput,
  QueryInput,
  QueryOutput,
  ScanInput,
  ScanOutput,
  UpdateItemInput,
  UpdateItemOutput,
} from '@aws-sdk/client-dynamodb';

export interface DynamoOperations {
  readonly GetItem: readonly [GetItemInput, GetItemOutput];
  readonly BatchGetItem: readonly [BatchGetItemInput, BatchGetItemOutput];
  readonly Query: readonly [QueryInput, QueryOutput];
  readonly Scan: readonly [ScanInput, ScanOutput];
  readonly PutItem: readonly [PutItemInput, PutItemOutput];
  readonly UpdateItem: readonly [UpdateItemInput, UpdateItemOutput];
  readonly DeleteItem: readonly [DeleteItemInput, DeleteItemOutput];
}

export type DynamoOperation = keyof DynamoOperations;

export interface DynamoRequests {
  /** Retries on throttling and faults. @throws an error in the shape of the SDK's */
  request<Name extends DynamoOperation>(
    operation: Name,
    input: DynamoOperations[Name][0],
  ): Promise<DynamoOperations[Name][1]>;
  /** Repeatable. */
  destroy(): void;
}
