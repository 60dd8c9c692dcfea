/** A version of 10,000 files costs a link and the first page of its index what a version of ten costs: counted in requests and items. */
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseVersionId, type VersionId } from '../../../core/names.ts';
import { findAvailable } from '../../../core/reading/links.ts';
import { DynamoCatalog } from '../../../storage/dynamo/dynamo-catalog.ts';
import { packageItem } from '../../../storage/dynamo/items.ts';
import { at, packageRecord } from '../catalog-contract/records.ts';
import { DynamoServer } from './harness.ts';
import { DynamoWire, type Fault } from './wire.ts';

const FEW = parseVersionId('10');
const MANY = parseVersionId('10000');
let server: DynamoServer;
let catalog: DynamoCatalog;
let wire: DynamoWire;

beforeAll(async () => {
  server = await DynamoServer.start();
  const tableName = await server.newTable();
  const client = server.client();
  wire = new DynamoWire(client);
  catalog = new DynamoCatalog({ client, tableName });
  for (const versionId of [FEW, MANY]) {
    await catalog.createVersion({ versionId, createdAt: at(0) });
    const items = Array.from({ length: Number(versionId) }, (_, index) =>
      packageItem(
        packageRecord(
          `f${String(index).padStart(5, '0')}`,
          { state: 'available', publishedAt: at(1), blob: { etag: '"e"' } },
          versionId,
        ),
      ),
    );
    for (let start = 0; start < items.length; start += 25) {
      const some = items.slice(start, start + 25);
      const requests = some.map((Item) => ({ PutRequest: { Item: { ...Item } } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }));
    }
  }
  wire.take();
});

afterAll(async () => {
  await catalog.close();
  await server.stop();
});

let looked = 0;

const note: Fault = async (request, send) => {
  const answer = await send(request);
  const body = await text(answer.response.body);
  looked += (JSON.parse(body) as { ScannedCount: number }).ScannedCount;
  return { response: { ...answer.response, body: Readable.from([Buffer.from(body)]) } } as never;
};

/** Requests, and the items that the queries among them looked at. */
async function costOf(work: () => Promise<unknown>): Promise<object> {
  looked = 0;
  wire.spoil('Query', note);
  await work();
  return { ...wire.take(), looked };
}

describe('a version of 10,000 files', () => {
  test.each([
    [
      'a link by filename',
      (versionId: VersionId) => findAvailable(catalog, versionId, 'f00007.tar.gz'),
      { GetItem: 1, looked: 0 },
    ],
    [
      'a link to nothing',
      (versionId: VersionId) => findAvailable(catalog, versionId, 'none.zip').catch(() => {}),
      { GetItem: 1, BatchGetItem: 1, looked: 0 },
    ],
  ])('costs %s as much as one of ten', async (_, read, cost) => {
    expect(await costOf(() => read(FEW))).toEqual(cost);
    expect(await costOf(() => read(MANY))).toEqual(cost);
  });

  test('costs the first page of its index one query for as many items as the page has', async () => {
    const page = (versionId: VersionId) =>
      costOf(() => catalog.listPackages(versionId, ['available'], { limit: 100 }));

    expect(await page(FEW)).toEqual({ Query: 1, looked: 10 });
    expect(await page(MANY)).toEqual({ Query: 1, looked: 101 });
  });
});
