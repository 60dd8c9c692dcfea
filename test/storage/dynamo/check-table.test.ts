/** What a server is told about its table before it starts. */

import { CreateTableCommand, type CreateTableCommandInput, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { checkTable } from '../../../storage/dynamo/check-table.ts';
import { tableDefinition } from '../../../storage/dynamo/table.ts';
import { DynamoServer } from './harness.ts';
import { DynamoWire, refusal } from './wire.ts';

let server: DynamoServer;

beforeAll(async () => {
  server = await DynamoServer.start();
});

afterAll(() => server.stop());

describe('the check of a table', () => {
  let client: DynamoDBClient;

  beforeEach(() => {
    client = server.client();
  });

  afterEach(() => client.destroy());

  async function make(tableName: string, more: Partial<CreateTableCommandInput>): Promise<string> {
    await client.send(new CreateTableCommand({ ...tableDefinition(tableName), ...more }));
    return tableName;
  }

  function failing(code: string, text: string) {
    return expect.objectContaining({ code, message: expect.stringContaining(text) });
  }

  test('passes the table as it is defined', async () => {
    await expect(checkTable(client, await server.newTable())).resolves.toBeUndefined();
  });

  test('names a table that is not there, and the setting', async () => {
    await expect(checkTable(client, 'nowhere')).rejects.toEqual(failing('UNAVAILABLE', 'see TABLE_NAME'));
  });

  test('says that credentials are refused', async () => {
    new DynamoWire(client).spoil('DescribeTable', refusal(400, 'AccessDeniedException'));

    await expect(checkTable(client, 'any')).rejects.toEqual(failing('UNAVAILABLE', 'refuses our credentials'));
  });

  test('lists every fault of a table of another shape', async () => {
    const { GlobalSecondaryIndexes: [newest] = [] } = tableDefinition('any');
    if (newest === undefined) throw new Error('the table is defined with indexes');
    const tableName = await make('foreign', {
      AttributeDefinitions: ['sk', 'pk', 'newest'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [{ AttributeName: 'sk', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [{ ...newest, Projection: { ProjectionType: 'KEYS_ONLY' } }],
    });

    const said =
      'TABLE_NAME foreign is no table of this service: its keys are sk (HASH), must be pk (HASH), sk (RANGE); ' +
      'its index newest-versions is pk (HASH), newest (RANGE) with KEYS_ONLY attributes, must be pk (HASH), newest (RANGE) with ALL attributes; ' +
      'it has no index unfinished';
    await expect(checkTable(client, tableName)).rejects.toEqual(failing('INVALID_INPUT', said));
  });
});
