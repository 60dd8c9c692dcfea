/** Which tokenIds are looked up: those of this table, of earlier releases, and hardly any others. */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DynamoCatalog } from '../../../storage/dynamo/dynamo-catalog.ts';
import { tokenItem } from '../../../storage/dynamo/items.ts';
import { tokenRecord } from '../catalog-contract/records.ts';
import { DynamoServer } from './harness.ts';
import { DynamoWire, refusal } from './wire.ts';

let server: DynamoServer;
let tableName: string;
let now: number;
let catalog: DynamoCatalog;
let wire: DynamoWire;

beforeAll(async () => {
  server = await DynamoServer.start();
});

afterAll(() => server.stop());

beforeEach(async () => {
  tableName = await server.newTable();
  now = 0;
  ({ catalog, wire } = open());
});

afterEach(() => catalog.close());

function open() {
  const client = server.client();
  const opened = new DynamoCatalog({ client, tableName, now: () => now });
  return { catalog: opened, wire: new DynamoWire(client) };
}

/** As a server of release 8542cd9 does it: the record, and nothing beside it. */
async function enterAsBefore(tokenId: string): Promise<void> {
  const client = server.client();
  const Item = { ...tokenItem(tokenRecord(tokenId)) };
  await client.send(new PutItemCommand({ TableName: tableName, Item }));
  client.destroy();
}

function invented(index: number): string {
  return `${index}`.padStart(32, 'f');
}

/** Uses up what a server reads of tokenIds that it can't classify by their tag. */
async function flood(one: DynamoCatalog): Promise<void> {
  for (let index = 0; index < 40; index++)
    expect(await one.getToken(invented(index))).toBeUndefined();
}

const found = (tokenId: string) => expect.objectContaining({ tokenId });

describe('during a flood of invented tokens', () => {
  test('a token that another server made a moment ago is found', async () => {
    const other = open();
    await other.catalog.newTokenId();
    await flood(catalog);
    wire.take();

    const tokenId = await other.catalog.newTokenId();
    await other.catalog.createToken(tokenRecord(tokenId));
    expect(await catalog.getToken(tokenId)).toEqual(found(tokenId));
    expect(wire.take()).toEqual({ GetItem: 1 });

    await flood(catalog);
    expect(wire.take()).toEqual({});
    await other.catalog.close();
  });

  test('the tokens of an earlier release are found, after a new token or an upgrade', async () => {
    await enterAsBefore('old00001');
    const other = open();
    await other.catalog.newTokenId();
    await flood(catalog);
    expect(await catalog.getToken('old00001')).toEqual(found('old00001'));

    await enterAsBefore('old00002');
    await flood(catalog);
    expect(await other.catalog.upgradeTokens()).toBe(2);
    expect(await other.catalog.upgradeTokens()).toBe(2);
    now += 60_000;
    expect(await catalog.getToken('old00002')).toEqual(found('old00002'));
    await other.catalog.close();
  });

  test('a token that was moved here from another catalog is found', async () => {
    await catalog.newTokenId();
    await flood(catalog);
    await catalog.createToken(tokenRecord('moved001'));

    const other = open();
    await flood(other.catalog);
    expect(await other.catalog.getToken('moved001')).toEqual(found('moved001'));
    await other.catalog.close();
  });

  test('one token in a second is looked up that is on no list, as a server of an earlier release makes it', async () => {
    await catalog.newTokenId();
    await flood(catalog);
    await enterAsBefore('old00003');

    expect(await catalog.getToken('old00003')).toBeUndefined();
    now += 1000;
    expect(await catalog.getToken('old00003')).toEqual(found('old00003'));
  });

  test('good tokens are found where the list can not be read', async () => {
    await catalog.newTokenId();
    await catalog.createToken(tokenRecord('good0001'));
    await catalog.getToken(invented(0));
    wire.spoil('Query', refusal(400, 'AccessDeniedException'));

    expect(await catalog.getToken('good0001')).toEqual(found('good0001'));
  });
});

test('servers that begin at the same time use one key', async () => {
  const servers = Array.from({ length: 4 }, open);
  const made = await Promise.all(servers.map((one) => one.catalog.newTokenId()));
  for (const tokenId of made) await catalog.createToken(tokenRecord(tokenId));

  await flood(catalog);
  for (const tokenId of made) expect(await catalog.getToken(tokenId)).toEqual(found(tokenId));
  const listed = wire.requests.length;
  expect(await catalog.upgradeTokens()).toBe(0);
  expect(wire.requests.length).toBeGreaterThan(listed);
  for (const one of servers) await one.catalog.close();
});
