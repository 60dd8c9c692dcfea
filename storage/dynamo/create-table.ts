/** Makes the table of the catalog, for whoever sets a service up without CloudFormation. Repeatable: what is there is looked at, never changed in its keys. */

import {
  CreateTableCommand,
  type DynamoDBClient,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { ServiceError } from '../../core/errors.ts';
import { TABLE } from '../../core/layout.ts';
import { checkTable } from './check-table.ts';
import { isForeignError, translateDynamoError } from './dynamo-errors.ts';
import { tableDefinition } from './table.ts';

/** AWS takes some 10 s, with two indexes. */
const PATIENCE_SECONDS = 300;
/** A new table can't be recovered at once: some seconds pass until DynamoDB takes the wish. */
const BACKUP_TRIES = 30;
const BACKUP_PAUSE_MS = 2000;

export interface CreatedTable {
  readonly tableName: string;
  /** False where it was there. */
  readonly created: boolean;
  /** False where the server knows no such thing, as those that stand in for AWS on one machine. */
  readonly pointInTimeRecovery: boolean;
}

export interface CreateTableOptions {
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  /** @default setTimeout */
  readonly pause?: (milliseconds: number) => Promise<void>;
}

/**
 * On demand, with both indexes, point-in-time recovery, and items that expire.
 * @throws INVALID_INPUT where another table has the name (each fault named), UNAVAILABLE
 */
export async function createTable(
  client: DynamoDBClient,
  tableName: string,
  {
    signal,
    pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  }: CreateTableOptions = {},
): Promise<CreatedTable> {
  try {
    const created = await create(client, tableName);
    const waiting = { client, maxWaitTime: PATIENCE_SECONDS, minDelay: 1, maxDelay: 5 };
    await waitUntilTableExists(
      signal === undefined ? waiting : { ...waiting, abortSignal: signal },
      {
        TableName: tableName,
      },
    );
    await checkTable(client, tableName);
    await letItemsExpire(client, tableName);
    return {
      tableName,
      created,
      pointInTimeRecovery: await protect(client, tableName, { signal, pause }),
    };
  } catch (error) {
    signal?.throwIfAborted();
    throw translateDynamoError(error, tableName);
  }
}

/** @returns false where it is there */
async function create(client: DynamoDBClient, tableName: string): Promise<boolean> {
  try {
    await client.send(new CreateTableCommand(tableDefinition(tableName)));
    return true;
  } catch (error) {
    if (isForeignError(error, 'ResourceInUseException')) return false;
    throw error;
  }
}

/** Expired tokens leave by themselves. Where the server knows no such thing they stay listed, which harms nobody. */
async function letItemsExpire(client: DynamoDBClient, tableName: string): Promise<void> {
  const TimeToLiveSpecification = { Enabled: true, AttributeName: TABLE.expiryAttribute };
  try {
    await client.send(
      new UpdateTimeToLiveCommand({ TableName: tableName, TimeToLiveSpecification }),
    );
  } catch (error) {
    if (isForeignError(error, 'UnknownOperationException')) return;
    // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html: what is on is not switched on again.
    if (isForeignError(error, 'ValidationException') && /already enabled/.test(error.message))
      return;
    throw error;
  }
}

/** @returns false where the server knows no recovery */
async function protect(
  client: DynamoDBClient,
  tableName: string,
  {
    signal,
    pause,
  }: { readonly signal: AbortSignal | undefined; readonly pause: (ms: number) => Promise<void> },
): Promise<boolean> {
  const command = new UpdateContinuousBackupsCommand({
    TableName: tableName,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
  for (let attempt = 1; attempt <= BACKUP_TRIES; attempt++) {
    signal?.throwIfAborted();
    try {
      await client.send(command);
      return true;
    } catch (error) {
      if (isForeignError(error, 'UnknownOperationException')) return false;
      if (!isForeignError(error, 'ContinuousBackupsUnavailableException')) throw error;
    }
    await pause(BACKUP_PAUSE_MS);
  }
  throw new ServiceError(
    'UNAVAILABLE',
    `table ${tableName} is there, but takes no point-in-time recovery yet; run this again in a minute`,
  );
}
