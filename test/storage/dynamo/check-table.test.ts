/** The check of a table before a server starts, and the command that creates the table. */

import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { checkTable } from '../../../storage/dynamo/check-table.ts';
import { createTable } from '../../../storage/dynamo/create-table.ts';
import { tableDefinition } from '../../../storage/dynamo/table.ts';
import { DynamoServer } from './harness.ts';
import { answers, bodyOf, DynamoWire, refusal } from './wire.ts';

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

  test('accepts the table as it is defined', async () => {
    await expect(checkTable(client, await server.newTable())).resolves.toBeUndefined();
  });

  test('names a missing table, and the setting', async () => {
    await expect(checkTable(client, 'nowhere')).rejects.toEqual(
      failing('UNAVAILABLE', 'see TABLE_NAME'),
    );
  });

  test('says that credentials are refused', async () => {
    new DynamoWire(client).spoil('DescribeTable', refusal(400, 'AccessDeniedException'));

    await expect(checkTable(client, 'any')).rejects.toEqual(
      failing('UNAVAILABLE', "refuses the service's credentials"),
    );
  });

  test('lists every fault of a table with other keys or indexes', async () => {
    const { GlobalSecondaryIndexes: [newest] = [] } = tableDefinition('any');
    if (newest === undefined) throw new Error('the table is defined with indexes');
    const tableName = await make('foreign', {
      AttributeDefinitions: ['sk', 'pk', 'newest'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
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

describe('creating a table', () => {
  const made = answers(200, {});
  const unavailable = refusal(400, 'ContinuousBackupsUnavailableException');
  let client: DynamoDBClient;
  let wire: DynamoWire;
  let pauses: number[];
  const options = { pause: async (milliseconds: number) => void pauses.push(milliseconds) };

  beforeEach(() => {
    client = server.client();
    wire = new DynamoWire(client);
    pauses = [];
  });

  afterEach(() => client.destroy());

  test('creates one that passes the check, with point-in-time recovery once DynamoDB accepts it', async () => {
    wire.spoil('UpdateContinuousBackups', unavailable, 3);
    wire.spoil('UpdateContinuousBackups', made);

    const answer = await createTable(client, 'fresh', options);

    expect(answer).toEqual({ tableName: 'fresh', created: true, pointInTimeRecovery: true });
    expect(pauses).toHaveLength(3);
    await expect(checkTable(client, 'fresh')).resolves.toBeUndefined();
  });

  test('lets items expire, and succeeds if they already do', async () => {
    wire.spoil('UpdateContinuousBackups', made, 2);
    let asked: unknown;
    wire.spoil('UpdateTimeToLive', async (request, send) => {
      asked = JSON.parse(bodyOf(request));
      return made(request, send);
    });
    wire.spoil(
      'UpdateTimeToLive',
      refusal(400, 'ValidationException', 'TimeToLive is already enabled'),
    );

    await createTable(client, 'expiring', options);
    await createTable(client, 'expiring', options);

    expect(asked).toEqual({
      TableName: 'expiring',
      TimeToLiveSpecification: { Enabled: true, AttributeName: 'expiresAtSeconds' },
    });
  });

  test('fails if items expire by another attribute', async () => {
    wire.spoil(
      'UpdateTimeToLive',
      refusal(400, 'ValidationException', 'TimeToLive is active on a different AttributeName'),
    );

    await expect(createTable(client, 'other', options)).rejects.toMatchObject({
      message: expect.stringContaining('other'),
    });
  });

  test('is repeatable, also at the same time, and enables a recovery that an earlier run did not', async () => {
    wire.spoil('UpdateContinuousBackups', refusal(400, 'AccessDeniedException'));
    await expect(createTable(client, 'shared', options)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    wire.spoil('UpdateContinuousBackups', made, 3);

    const all = await Promise.all([1, 2, 3].map(() => createTable(client, 'shared', options)));

    const there = { tableName: 'shared', created: false, pointInTimeRecovery: true };
    expect(all).toEqual([there, there, there]);
  });

  test('fails if recovery never becomes available', async () => {
    wire.spoil('UpdateContinuousBackups', unavailable, 30);

    await expect(createTable(client, 'slow', options)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('run this again'),
    });
  });

  test('does not change a table with other keys or indexes, and names its faults', async () => {
    const { GlobalSecondaryIndexes: _, ...bare } = tableDefinition('theirs');
    const AttributeDefinitions = ['pk', 'sk'].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S' as const,
    }));
    await client.send(new CreateTableCommand({ ...bare, AttributeDefinitions }));

    await expect(createTable(client, 'theirs', options)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('it has no index newest-versions'),
    });

    expect(wire.requests).not.toContain('UpdateContinuousBackups');
  });
});
