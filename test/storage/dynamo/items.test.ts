/**
 * The items of DynamoCatalog: damage, size limits, expiry, and the index of unfinished packages.
 */

import {
  type AttributeValue,
  type DynamoDBClient,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TABLE } from '../../../core/layout.ts';
import { parseChannelName, parsePackageId, parseVersionId } from '../../../core/names.ts';
import type { PackageChange, PackageRecord } from '../../../core/records.ts';
import { DynamoCatalog } from '../../../storage/dynamo/dynamo-catalog.ts';
import { GROWTH_BYTES, ITEM_MAX_BYTES, sizeOfItem } from '../../../storage/dynamo/item-size.ts';
import { packageItem, tokenItem } from '../../../storage/dynamo/items.ts';
import { type Place, packagePlace, SWEEP_PARTITIONS } from '../../../storage/dynamo/table.ts';
import {
  ALL_STATES,
  at,
  channelRecord,
  everyUnfinished,
  expectedOf,
  fill,
  packageRecord,
  tokenRecord,
  V1,
} from '../catalog-contract/records.ts';
import { DynamoServer } from './harness.ts';
import { DynamoWire } from './wire.ts';

let server: DynamoServer;

beforeAll(async () => {
  server = await DynamoServer.start();
});

afterAll(() => server.stop());

describe('items of DynamoCatalog', () => {
  let tableName: string;
  let catalog: DynamoCatalog;
  let wire: DynamoWire;
  let raw: DynamoDBClient;

  beforeEach(async () => {
    tableName = await server.newTable();
    const client = server.client();
    raw = server.client();
    wire = new DynamoWire(client);
    catalog = new DynamoCatalog({ client, tableName });
  });

  afterEach(async () => {
    await catalog.close();
    raw.destroy();
  });

  /** Changes one attribute without the catalog. @param value undefined removes the attribute */
  async function spoil({ pk, sk }: Place, field: string, value?: AttributeValue): Promise<void> {
    await raw.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: { pk: { S: pk }, sk: { S: sk } },
        UpdateExpression: value === undefined ? 'REMOVE #field' : 'SET #field = :value',
        ExpressionAttributeNames: { '#field': field },
        ...(value === undefined ? {} : { ExpressionAttributeValues: { ':value': value } }),
      }),
    );
  }

  function failing(code: string, text: string) {
    return expect.objectContaining({ code, message: expect.stringContaining(text) });
  }

  test('an upload without a sha256 keeps the attribute, which earlier releases can not do without', async () => {
    const { sha256: _, ...late } = packageRecord('late');
    await fill(catalog, [late]);

    expect(packageItem(late)).toMatchObject({ sha256: { S: '' } });
    expect(await catalog.getPackage(late)).toStrictEqual(late);
    expect(await everyUnfinished(catalog, at(9))).toStrictEqual([late]);
  });

  describe('damage', () => {
    test('a broken record is an error wherever it is read, also in lists', async () => {
      const record = packageRecord('b');
      await fill(catalog, [packageRecord('a'), record, packageRecord('c')]);
      await spoil(packagePlace(record), 'sha256');

      const broken = failing(
        'INTERNAL',
        'P#1.0.0 / b in the catalog is broken: sha256 must be text, got nothing',
      );
      await expect(catalog.getPackage(record)).rejects.toEqual(broken);
      await expect(catalog.getPackages(V1, [record.packageId])).rejects.toEqual(broken);
      await expect(catalog.listPackages(V1, ALL_STATES, { limit: 10 })).rejects.toEqual(broken);
      await expect(everyUnfinished(catalog, at(9))).rejects.toEqual(broken);
      await expect(catalog.changePackage(record, expectedOf(record), {})).rejects.toEqual(broken);
    });

    test.each<[string, AttributeValue, string]>([
      ['state', { S: 'lost' }, 'there is no state lost'],
      ['state', { S: 'constructor' }, 'there is no state constructor'],
      ['size', { S: '3' }, 'size must be number'],
      ['size', { N: '1.5' }, 'size must be number'],
      ['metadata', { S: '{' }, 'metadata must be object'],
      ['metadata', { S: '[]' }, 'metadata must be object'],
      ['metadata', { M: {} }, 'metadata must be object'],
      ['plan', { S: '{}' }, 'its plan has no method'],
      ['filename', { S: '3' }, 'filename must be words'],
      ['yankReason', { NULL: true }, 'yankReason must be words?'],
      ['purging', { S: 'false' }, 'purging must be flag?'],
    ])('a package whose %s is %j is broken', async (field, value, text) => {
      const record = packageRecord('a');
      await catalog.createPackage(record);
      await spoil(packagePlace(record), field, value);

      await expect(catalog.getPackage(record)).rejects.toEqual(failing('INTERNAL', text));
    });

    test('broken versions, channels and tokens are errors, too', async () => {
      await catalog.createPackage(packageRecord('a'));
      await catalog.putChannel(channelRecord('stable', '1'));
      await catalog.createToken(tokenRecord('token000'));
      await spoil({ pk: TABLE.partition.versions, sk: V1 }, 'createdAt');
      await spoil({ pk: TABLE.partition.channels, sk: 'stable' }, 'versionId', { N: '1' });
      await spoil({ pk: TABLE.partition.tokens, sk: 'token000' }, 'scopes', { S: '{}' });

      await expect(catalog.getVersion(V1)).rejects.toEqual(failing('INTERNAL', 'version'));
      await expect(catalog.getChannel(parseChannelName('stable'))).rejects.toEqual(
        failing('INTERNAL', 'channel'),
      );
      await expect(catalog.getToken('token000')).rejects.toEqual(failing('INTERNAL', 'token'));
      await expect(catalog.listTokens({ limit: 1 })).rejects.toEqual(failing('INTERNAL', 'token'));
    });
  });

  describe('items that expire', () => {
    test('are tokens, a month after their expiry date, or a day if they are grants, and nothing else', () => {
      const expiring = tokenItem(
        tokenRecord('token000', { expiresAt: '2026-01-31T00:00:00.999Z' }),
      );

      expect(expiring[TABLE.expiryAttribute]).toEqual({
        N: String(Date.parse('2026-03-02T00:00:00Z') / 1000),
      });
      const upload = { versionId: parseVersionId('1'), packageId: parsePackageId('a') };
      const grant = tokenItem(
        tokenRecord('token000', { upload, expiresAt: '2026-01-31T00:00:00.999Z' }),
      );
      expect(grant[TABLE.expiryAttribute]).toEqual({
        N: String(Date.parse('2026-02-01T00:00:00Z') / 1000),
      });
      expect(tokenItem(tokenRecord('token000'))).not.toHaveProperty(TABLE.expiryAttribute);
      expect(packageItem(packageRecord('a'))).not.toHaveProperty(TABLE.expiryAttribute);
    });
  });

  describe('size', () => {
    /** A record whose item has exactly `bytes`. */
    function recordOf(bytes: number): PackageRecord {
      const bare = sizeOfItem(packageItem(packageRecord('a', { metadata: { note: '' } })));
      return packageRecord('a', { metadata: { note: 'x'.repeat(bytes - bare) } });
    }

    test('a record that is too large is refused before it is sent', async () => {
      const tooLarge = recordOf(ITEM_MAX_BYTES - GROWTH_BYTES + 1);

      await expect(catalog.createPackage(tooLarge)).rejects.toEqual(
        failing('TOO_LARGE', 'must be at most 393216'),
      );
      await expect(
        catalog.createToken(tokenRecord('token000', { name: 'x'.repeat(400_000) })),
      ).rejects.toEqual(failing('TOO_LARGE', 'token token000'));

      expect(wire.take()).toEqual({});
      expect(await catalog.getVersion(V1)).toBeUndefined();
    });

    test('the largest record that is accepted can still be yanked with a long reason', async () => {
      const largest = recordOf(ITEM_MAX_BYTES - GROWTH_BYTES);
      const yanked = {
        state: 'yanked',
        yankedAt: at(1),
        yankedBy: 'maker002',
        yankReason: 'x'.repeat(15_000),
      } as const;

      expect(await catalog.createPackage(largest)).toBe(true);
      const written = await catalog.changePackage(largest, expectedOf(largest), yanked);

      expect(written).toStrictEqual({ ...largest, ...yanked });
    });

    test('a change that makes a record too large is refused, and changes nothing', async () => {
      const largest = recordOf(ITEM_MAX_BYTES - GROWTH_BYTES);
      await catalog.createPackage(largest);

      const change = catalog.changePackage(largest, expectedOf(largest), {
        yankReason: 'x'.repeat(20_000),
      });

      await expect(change).rejects.toEqual(failing('TOO_LARGE', '400 KB'));
      expect(await catalog.getPackage(largest)).toStrictEqual(largest);
    });

    test('bytes are counted as UTF-8', () => {
      expect(sizeOfItem({ größe: { S: '大' }, n: { N: '1' } })).toBe(7 + 3 + 1 + 21);
    });
  });

  describe('the index of unfinished packages', () => {
    async function indexed(): Promise<number> {
      let count = 0;
      for (const partition of SWEEP_PARTITIONS) {
        const found = await raw.send(
          new QueryCommand({
            TableName: tableName,
            IndexName: TABLE.index.unfinished.name,
            KeyConditionExpression: 'sweep = :sweep',
            ExpressionAttributeValues: { ':sweep': { S: partition } },
          }),
        );
        count += found.Count ?? 0;
      }
      return count;
    }

    test('contains an upload from its creation to its end, and a delete until it is purged', async () => {
      const record = packageRecord('a');
      const step = async (
        from: PackageRecord,
        change: Parameters<DynamoCatalog['changePackage']>[2],
      ) => {
        const written = await catalog.changePackage(from, expectedOf(from), change);
        if (written === undefined) throw new Error('the record was not as expected');
        return written;
      };

      await catalog.createPackage(record);
      expect(await indexed()).toBe(1);
      const verifying = await step(record, { state: 'verifying' });
      expect(await indexed()).toBe(1);
      const available = await step(verifying, { state: 'available' });
      expect(await indexed()).toBe(0);
      const deleted = await step(available, { state: 'deleted', purging: true });
      expect(await indexed()).toBe(1);
      await step(deleted, { purging: null });
      expect(await indexed()).toBe(0);
    });

    test.each<[string, PackageRecord, PackageChange, number]>([
      [
        'a delete that says nothing of purging',
        packageRecord('a', { state: 'available' }),
        { state: 'deleted' },
        0,
      ],
      [
        'a purging that begins on a deleted record',
        packageRecord('a', { state: 'deleted' }),
        { purging: true },
        1,
      ],
      [
        'a purging that begins on a yanked record',
        packageRecord('a', { state: 'yanked' }),
        { purging: true },
        0,
      ],
      [
        'a purging that ends on a pending record',
        packageRecord('a', { purging: true }),
        { purging: null },
        1,
      ],
      ['a touch', packageRecord('a'), { touchedAt: at(1) }, 1],
      ['another store', packageRecord('a', { state: 'available' }), { store: 's3' }, 0],
    ])(
      '%s, whatever the state was, shows the sweep the right records',
      async (_, record, change, wanted) => {
        await catalog.createPackage(record);

        await catalog.changePackage(
          record,
          { attemptId: record.attemptId, states: ALL_STATES },
          change,
        );

        expect(await everyUnfinished(catalog, at(9))).toHaveLength(wanted);
      },
    );

    test('contains nothing that was created in a final state', async () => {
      await fill(
        catalog,
        ['available', 'yanked', 'rejected', 'deleted'].map((id, index) =>
          packageRecord(id, {
            state: (['available', 'yanked', 'rejected', 'deleted'] as const)[index] ?? 'pending',
          }),
        ),
      );

      expect(await indexed()).toBe(0);
    });
  });
});
