/** Bringing records back into a table: what is there stays, what is missing comes back. */
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../../../core/errors.ts';
import { DynamoCatalog } from '../../../../storage/dynamo/dynamo-catalog.ts';
import { DynamoTable } from '../../../../storage/dynamo/dynamo-table.ts';
import { Pace } from '../../../../storage/dynamo/restore/pace.ts';
import { restoreTable } from '../../../../storage/dynamo/restore/restore-table.ts';
import { channelRecord, packageRecord, tokenRecord, V1 } from '../../catalog-contract/records.ts';
import { DynamoServer } from '../harness.ts';
import { DynamoWire, refusal, throttled } from '../wire.ts';

const PACKAGES = 40;
/**
 * Each package has two names and a digest. Then a version, a channel, a token, its tokenId, and the
 * events of both changes.
 */
const RECORDS = 4 * PACKAGES + 6;

let server: DynamoServer;
let sourceName: string;
let tableName: string;
let from: DynamoTable;
let to: DynamoTable;
let wire: DynamoWire;
let catalog: DynamoCatalog;
const pace = () => new Pace({ minTimeout: 1, maxTimeout: 1 });

beforeAll(async () => {
  server = await DynamoServer.start();
  sourceName = await server.newTable();
  const source = new DynamoCatalog({ client: server.client(), tableName: sourceName });
  for (let index = 0; index < PACKAGES; index++)
    await source.createPackage(packageRecord(`p${index}`, { filename: `file ${index}.zip` }));
  await source.putChannel(channelRecord('stable', V1, 1));
  await source.createToken(tokenRecord('token000'));
  await source.close();
});

afterAll(() => server.stop());

beforeEach(async () => {
  tableName = await server.newTable();
  from = new DynamoTable({ client: server.client(), tableName: sourceName });
  const client = server.client();
  wire = new DynamoWire(client);
  to = new DynamoTable({ client, tableName });
  catalog = new DynamoCatalog({ client: server.client(), tableName });
});

afterEach(async () => {
  from.close();
  to.close();
  await catalog.close();
});

describe('a restore', () => {
  test('writes what is missing, and again nothing', async () => {
    expect(await restoreTable(from, to)).toMatchObject({
      read: RECORDS,
      restored: RECORDS,
      alreadyThere: 0,
      differing: 0,
      restoredByKind: {
        packages: PACKAGES,
        names: 2 * PACKAGES,
        digests: PACKAGES,
        versions: 1,
        channels: 1,
        tokens: 1,
        tokenIds: 1,
        audit: 2,
      },
    });
    wire.take();

    const again = await restoreTable(from, to);

    expect(again).toMatchObject({ read: RECORDS, restored: 0, alreadyThere: RECORDS });
    expect(Object.keys(wire.take())).toEqual(['BatchGetItem']);
    expect(await catalog.findPackage(V1, 'file 7.zip')).toEqual(
      packageRecord('p7', { filename: 'file 7.zip' }),
    );
    expect(await catalog.getToken('token000')).toEqual(tokenRecord('token000'));
  });

  test('leaves a record that is there as it is, whichever is newer, and names it', async () => {
    await catalog.putChannel(channelRecord('stable', '2.0.0', 9));

    expect(await restoreTable(from, to)).toMatchObject({
      restored: RECORDS - 1,
      differing: 1,
      differingPlaces: [{ pk: 'C', sk: 'stable' }],
      failed: 0,
    });
    expect(await catalog.getChannel('stable' as never)).toEqual(
      channelRecord('stable', '2.0.0', 9),
    );
  });

  test('leaves a record as it is that a server writes between the look and the write', async () => {
    const client = server.client();
    wire.spoil('PutItem', async (request, send) => {
      const { Item } = JSON.parse(new TextDecoder().decode(request.body));
      const Written = { ...Item, note: { S: 'newer' } };
      await client.send(new PutItemCommand({ TableName: tableName, Item: Written }));
      return send(request);
    });

    expect(await restoreTable(from, to)).toMatchObject({ restored: RECORDS - 1, differing: 1 });
    client.destroy();
  });

  test('goes on where a run was stopped', async () => {
    const stop = new AbortController();
    const stopped = restoreTable(from, to, {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('stopped')),
    });
    await expect(stopped).rejects.toThrow('stopped');

    const rest = await restoreTable(from, to);
    expect(rest.restored + rest.alreadyThere).toBe(RECORDS);
    expect(rest.restored).toBeLessThan(RECORDS);
    expect(await restoreTable(from, to)).toMatchObject({ alreadyThere: RECORDS });
  });

  test('writes the record of a token again that was removed meanwhile, unless tokens are left out', async () => {
    await restoreTable(from, to);
    const client = server.client();
    const Key = { pk: { S: 'T' }, sk: { S: 'token000' } };
    await client.send(new DeleteItemCommand({ TableName: tableName, Key }));
    client.destroy();

    const without = await restoreTable(from, to, { leaveOut: ['tokens'] });
    expect(without).toMatchObject({ restored: 0, leftOut: 1 });
    expect(await restoreTable(from, to)).toMatchObject({ restoredByKind: { tokens: 1 } });
  });

  test('sends less while the table is throttled, and loses nothing', async () => {
    const slowed = pace();
    // All five tries of the SDK, for some writes and for a batch.
    wire.spoil('BatchGetItem', throttled, 5);
    wire.spoil('PutItem', throttled, 15);

    const report = await restoreTable(from, to, { pace: slowed });

    expect(report).toMatchObject({ restored: RECORDS, failed: 0 });
    expect(slowed.atOnce).toBeGreaterThan(1);
    expect(slowed.atOnce).toBeLessThanOrEqual(48);
  });

  test('names a record that the table refuses, and restores the others', async () => {
    wire.spoil('PutItem', refusal(400, 'ValidationException', 'a fault of this item'));

    const report = await restoreTable(from, to);

    expect(report).toMatchObject({ restored: RECORDS - 1, failed: 1 });
    expect(report.failures).toEqual([
      {
        pk: expect.any(String),
        sk: expect.any(String),
        reason: expect.stringContaining('a fault'),
      },
    ]);
  });

  test('ends when the table refuses the credentials', async () => {
    wire.spoil('PutItem', refusal(400, 'AccessDeniedException'), 1000);

    await expect(restoreTable(from, to)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

test('the pace halves with each throttled answer, and grows again', async () => {
  const one = pace();
  const throttledTimes = (times: number) => async () => {
    if (times-- > 0) throw new ServiceError('TOO_MANY_REQUESTS', 'slower');
    return one.atOnce;
  };

  expect(await one.run(throttledTimes(3))).toBe(6);
  for (let answer = 0; answer < 40; answer++) await one.run(throttledTimes(0));
  expect(one.atOnce).toBe(8);
});
