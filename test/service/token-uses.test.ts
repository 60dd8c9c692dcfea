/** The last use of tokens, which the catalog of one machine keeps by day. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Authenticator } from '../../core/access/authenticator.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import { House } from './house.ts';

let catalog: SqliteCatalog;
let house: House;
let uses: string[];
let noted: Promise<void>[];
let admin: string;
let other: string;

beforeEach(async () => {
  catalog = SqliteCatalog.open({ path: ':memory:' });
  uses = [];
  noted = [];
  const clock = () => house.now;
  const onUse = (tokenId: string, day: string) => {
    uses.push(`${tokenId} ${day}`);
    noted.push(catalog.tokenUses.note(tokenId, day));
  };
  const authenticator = new Authenticator(catalog, clock, undefined, undefined, onUse);
  house = new House({ catalog: catalog as Catalog, authenticator });
  admin = await tokenIn('admin');
  other = await tokenIn('read');
});
afterEach(() => catalog.close());

async function tokenIn(scope: 'admin' | 'read'): Promise<string> {
  const token = await house.token([scope]);
  const record = await house.catalog.getToken(token.split('_')[1] ?? '');
  if (record !== undefined) await catalog.createToken(record);
  return token;
}

const idOf = (token: string) => token.split('_')[1] ?? '';
const lastDays = async () => {
  await house.call('getOwnToken', { token: admin });
  await Promise.all(noted);
  const { items } = (await house.call('listTokens', { token: admin })).json;
  return Object.fromEntries(
    items.map((one: { tokenId: string; usage: { lastDay?: string } }) => [
      one.tokenId,
      one.usage.lastDay,
    ]),
  );
};

test('is noted once a day for each token, not for each request', async () => {
  await lastDays();
  await lastDays();
  await house.call('getOwnToken', { token: other });
  house.now = new Date('2026-11-23T00:00:00Z');

  expect(await lastDays()).toEqual({
    [idOf(admin)]: '2026-11-23',
    [idOf(other)]: '2026-11-22',
  });
  expect(uses).toEqual([
    `${idOf(admin)} 2026-11-22`,
    `${idOf(other)} 2026-11-22`,
    `${idOf(admin)} 2026-11-23`,
  ]);
});

test('is absent for a token that was not used since uses are noted, and goes with the token', async () => {
  const { since, lastDays: days } = await catalog.tokenUses.read();
  await house.call('getOwnToken', { token: other });
  await house.call('deleteToken', { token: admin, path: { tokenId: idOf(other) } });

  expect(since).toMatch(/^20\d\d-\d\d-\d\d$/);
  expect([...days.keys()]).toEqual([]);
  expect([...(await catalog.tokenUses.read()).lastDays.keys()]).toEqual([idOf(admin)]);
});

test('never goes back, and is not noted of what is no token', async () => {
  await catalog.tokenUses.note(idOf(other), '2026-11-23');
  await catalog.tokenUses.note(idOf(other), '2026-11-22');
  await catalog.tokenUses.note('settings', '2026-11-22');

  expect((await catalog.tokenUses.read()).lastDays).toEqual(new Map([[idOf(other), '2026-11-23']]));
});
