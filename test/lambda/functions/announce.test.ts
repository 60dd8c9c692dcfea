/** The function that announces changes: in the order of the stream, and again from the one that failed. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { handler } from '../../../lambda/functions/announce.ts';
import { type PlacedItem, packageItem } from '../../../storage/dynamo/items.ts';
import { packageRecord } from '../../storage/catalog-contract/records.ts';
import { contextWith } from './functions-house.ts';

let server: Server;
let announced: string[];
/** The packages that the bus refuses. */
let refused: string[];
const before = { ...process.env };

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const [entry] = JSON.parse(await text(request)).Entries;
    const { packageId } = JSON.parse(entry.Detail);
    if (refused.includes(packageId)) {
      const failed = { FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure' }] };
      return void response.end(JSON.stringify(failed));
    }
    announced.push(packageId);
    response.end('{"FailedEntryCount":0}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  Object.assign(process.env, {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_EVENTBRIDGE: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    CATALOG_TYPE: 'dynamodb',
    TABLE_NAME: 'catalog',
    PUBLIC_URL: 'https://files.example.com',
    EVENT_BUS_NAME: 'releases',
  });
});
afterAll(async () => {
  process.env = before;
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});
beforeEach(() => {
  announced = [];
  refused = [];
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** A record of the stream: a package was published. */
function published(packageId: string, number: string, damage: Partial<PlacedItem> = {}) {
  const record = packageRecord(packageId);
  const NewImage = { ...packageItem({ ...record, state: 'available' }), ...damage };
  const OldImage = packageItem(record);
  const { pk, sk } = OldImage;
  return {
    eventName: 'MODIFY',
    dynamodb: { Keys: { pk, sk }, OldImage, NewImage, SequenceNumber: number },
  };
}

test('failures are named by their place in the stream, so that what was announced does not come again', async () => {
  const Records = [published('a', '1'), published('b', '2'), published('c', '3')];
  refused = ['b'];
  const first = await handler({ Records }, contextWith());
  const announcedFirst = [...announced];
  refused = [];
  const second = await handler({ Records: Records.slice(1) }, contextWith());

  expect([first, announcedFirst]).toEqual([
    { batchItemFailures: [{ itemIdentifier: '2' }] },
    ['a'],
  ]);
  expect([second, announced]).toEqual([{ batchItemFailures: [] }, ['a', 'b', 'c']]);
});

test('a damaged record does not hold up those behind it', async () => {
  const Records = [published('a', '1', { state: { S: 'lost' } }), published('b', '2')];

  expect(await handler({ Records }, contextWith())).toEqual({ batchItemFailures: [] });
  expect(announced).toEqual(['b']);
});
