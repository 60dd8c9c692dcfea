/**
 * Checks the table before a server starts: that it exists, is ready, and has the keys and indexes
 * that the catalog needs.
 */
import {
  DescribeTableCommand,
  type DynamoDBClient,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { ServiceError } from '../../core/errors.ts';
import { translateDynamoError } from './errors.ts';
import { tableDefinition } from './table.ts';

interface Keyed {
  readonly KeySchema?: TableDescription['KeySchema'];
  readonly Projection?: { readonly ProjectionType?: string | undefined } | undefined;
}

/**
 * @throws INVALID_INPUT when it is the table of another program (naming each fault), UNAVAILABLE
 *   when it does not exist or is not ready
 */
export async function checkTable(client: DynamoDBClient, tableName: string): Promise<void> {
  const table = await describe(client, tableName);
  if (table?.TableStatus !== 'ACTIVE' && table?.TableStatus !== 'UPDATING') {
    throw new ServiceError(
      'UNAVAILABLE',
      `table ${tableName} (TABLE_NAME) is ${table?.TableStatus}, must be ACTIVE`,
    );
  }
  const faults = tableFaults(table, tableName);
  if (faults.length > 0) {
    throw new ServiceError(
      'INVALID_INPUT',
      `TABLE_NAME ${tableName} is no table of this service: ${faults.join('; ')}`,
    );
  }
}

async function describe(
  client: DynamoDBClient,
  tableName: string,
): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: tableName }))).Table;
  } catch (error) {
    throw translateDynamoError(error, tableName);
  }
}

/** What is wrong with the keys and indexes of a table. */
export function tableFaults(table: TableDescription, tableName: string): readonly string[] {
  const wanted = tableDefinition(tableName);
  const faults: string[] = [];
  if (keysOf(table) !== keysOf(wanted))
    faults.push(`its keys are ${keysOf(table)}, must be ${keysOf(wanted)}`);
  for (const index of wanted.GlobalSecondaryIndexes ?? []) {
    const found = table.GlobalSecondaryIndexes?.find(
      ({ IndexName }) => IndexName === index.IndexName,
    );
    if (found === undefined) faults.push(`it has no index ${index.IndexName}`);
    else if (found.IndexStatus === 'CREATING')
      faults.push(`its index ${index.IndexName} is still being made`);
    else if (shapeOf(found) !== shapeOf(index)) {
      faults.push(`its index ${index.IndexName} is ${shapeOf(found)}, must be ${shapeOf(index)}`);
    }
  }
  // They would keep all packages of a version in one partition forever: docs/dynamodb.md.
  if ((table.LocalSecondaryIndexes ?? []).length > 0)
    faults.push('it has local secondary indexes, must have none');
  return faults;
}

function shapeOf(index: Keyed): string {
  return `${keysOf(index)} with ${index.Projection?.ProjectionType} attributes`;
}

function keysOf({ KeySchema: keys = [] }: Keyed): string {
  return keys.map(({ AttributeName, KeyType }) => `${AttributeName} (${KeyType})`).join(', ');
}
