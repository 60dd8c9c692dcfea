/**
 * Creates the table of the catalog, for services that are set up without CloudFormation.
 * Repeatable: if the table exists, its keys are checked and not changed.
 */
import {
  CreateTableCommand,
  type DynamoDBClient,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { ServiceError } from '../../core/errors.ts';
import { TABLE } from '../../core/layout.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import { checkTable } from './check-table.ts';
import { isDynamoError, translateDynamoError } from './errors.ts';
import { tableDefinition } from './table.ts';

/** AWS takes about 10 s for a table with two indexes. */
const PATIENCE_SECONDS = 300;
/** For some seconds, a new table does not accept point-in-time recovery. */
const BACKUP_TRIES = 30;
const BACKUP_PAUSE_MS = 2000;

export interface CreatedTable {
  readonly tableName: string;
  /** False when the table existed. */
  readonly created: boolean;
  /** False when the server does not support it, like those that imitate DynamoDB on one machine. */
  readonly pointInTimeRecovery: boolean;
}

export interface CreateTableOptions {
  /** Stops waiting for the table. */
  readonly signal?: AbortSignal;
  /** @default setTimeout */
  readonly pause?: (milliseconds: number) => Promise<void>;
}

/**
 * Creates an on-demand table with both indexes, point-in-time recovery, and items that expire.
 * @throws INVALID_INPUT when another table has the name (naming each fault), UNAVAILABLE
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
      { ...waiting, ...withoutUndefined({ abortSignal: signal }) },
      { TableName: tableName },
    );
    await checkTable(client, tableName);
    await letItemsExpire(client, tableName);
    return {
      tableName,
      created,
      pointInTimeRecovery: await enableRecovery(client, tableName, { signal, pause }),
    };
  } catch (error) {
    signal?.throwIfAborted();
    throw translateDynamoError(error, tableName);
  }
}

/** @returns false when the table exists */
async function create(client: DynamoDBClient, tableName: string): Promise<boolean> {
  try {
    await client.send(new CreateTableCommand(tableDefinition(tableName)));
    return true;
  } catch (error) {
    if (isDynamoError(error, 'ResourceInUseException')) return false;
    throw error;
  }
}

/**
 * Lets DynamoDB remove expired tokens. On a server that can't, they stay in lists, which does no
 * harm.
 */
async function letItemsExpire(client: DynamoDBClient, tableName: string): Promise<void> {
  const TimeToLiveSpecification = { Enabled: true, AttributeName: TABLE.expiryAttribute };
  try {
    await client.send(
      new UpdateTimeToLiveCommand({ TableName: tableName, TimeToLiveSpecification }),
    );
  } catch (error) {
    if (isDynamoError(error, 'UnknownOperationException')) return;
    // Switching it on twice is refused:
    // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
    if (isDynamoError(error, 'ValidationException') && /already enabled/.test(error.message))
      return;
    throw error;
  }
}

/** @returns false when the server does not support point-in-time recovery */
async function enableRecovery(
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
      if (isDynamoError(error, 'UnknownOperationException')) return false;
      if (!isDynamoError(error, 'ContinuousBackupsUnavailableException')) throw error;
    }
    await pause(BACKUP_PAUSE_MS);
  }
  throw new ServiceError(
    'UNAVAILABLE',
    `table ${tableName} exists, but does not accept point-in-time recovery yet; run this again in a minute`,
  );
}
