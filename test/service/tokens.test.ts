/** Tokens over HTTP: what revoking one takes along, and what the list says about who made which. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Authenticator } from '../../core/access/authenticator.ts';
import { issueToken } from '../../core/access/tokens.ts';
import { MemoryCatalog } from '../../storage/memory/memory-catalog.ts';
import { House } from './house.ts';

let house: House;
let root: string;

beforeEach(async () => {
  house = new House();
  root = await house.token(['admin']);
});

async function made(
  token: string,
  name: string,
): Promise<{ readonly tokenId: string; readonly token: string }> {
  return (await house.call('createToken', { token, body: { name, scopes: ['admin'] } })).json;
}

async function statusWith(token: string): Promise<number> {
  return (await house.call('listVersions', { token })).status;
}

describe('DELETE /v1/tokens/{tokenId}', () => {
  test('revokes the tokens that it made too, at once, and writes each into the log', async () => {
    const child = await made(root, 'child');
    const grandchild = await made(child.token, 'grandchild');
    expect(await statusWith(grandchild.token)).toBe(200);

    const answer = await house.call('deleteToken', {
      token: root,
      path: { tokenId: child.tokenId },
    });

    expect(answer.status).toBe(204);
    expect([await statusWith(child.token), await statusWith(grandchild.token)]).toEqual([401, 401]);
    expect(await statusWith(root)).toBe(200);
    const audited = house.log().filter((line) => line['action'] === 'deleteToken');
    expect(audited.map((line) => line['tokenId']).sort()).toEqual(
      [child.tokenId, grandchild.tokenId].sort(),
    );
  });

  test('keeps them with ?keepChildren=true', async () => {
    const child = await made(root, 'child');
    const grandchild = await made(child.token, 'grandchild');
    const query = { keepChildren: 'true' };

    await house.call('deleteToken', { token: root, path: { tokenId: child.tokenId }, query });

    expect([await statusWith(child.token), await statusWith(grandchild.token)]).toEqual([401, 200]);
  });

  test.each([{ keepChildren: 'yes' }, { keep: 'true' }])('refuses %j', async (query) => {
    const answer = await house.call('deleteToken', {
      token: root,
      path: { tokenId: 'abcdefgh' },
      query,
    });

    expect([answer.status, answer.json.code]).toEqual([400, 'INVALID_INPUT']);
  });
});

test('the list says with which token each is revoked', async () => {
  const rootId = root.split('_')[1] ?? '';
  const child = await made(root, 'child');
  const grandchild = await made(child.token, 'grandchild');
  const query = { keepChildren: 'true' };
  const parents = async () => {
    const { items } = (await house.call('listTokens', { token: root })).json;
    return Object.fromEntries(
      items.map((item: { name: string; parentId?: string }) => [item.name, item.parentId]),
    );
  };

  expect(await parents()).toEqual({ test: undefined, child: rootId, grandchild: child.tokenId });
  await house.call('deleteToken', { token: root, path: { tokenId: child.tokenId }, query });

  expect(await parents()).toEqual({ test: undefined, grandchild: rootId });
  expect((await house.call('listTokens', { token: root })).json.items).toContainEqual(
    expect.objectContaining({ tokenId: grandchild.tokenId, createdBy: child.tokenId }),
  );
});

describe('/v1/tokens/self', () => {
  test('says what the token of the request may do, whatever its scope', async () => {
    const expiresAt = '2027-01-01T00:00:00.000Z';
    const reader = await house.token(['read'], { name: 'mirror', versions: '1.*', expiresAt });

    const answer = await house.call('getOwnToken', { token: reader });

    expect([answer.status, answer.json]).toEqual([
      200,
      {
        tokenId: reader.split('_')[1],
        name: 'mirror',
        scopes: ['read'],
        versions: '1.*',
        createdAt: '2026-11-22T12:00:00.000Z',
        expiresAt,
      },
    ]);
  });

  test('is revoked by DELETE, with the tokens that it made, at once', async () => {
    const child = await made(root, 'child');

    const answer = await house.call('deleteOwnToken', { token: root });

    expect(answer.status).toBe(204);
    expect([await statusWith(root), await statusWith(child.token)]).toEqual([401, 401]);
    const audited = house.log().filter((line) => line['action'] === 'deleteToken');
    expect(audited.map((line) => line['tokenId'])).toContain(root.split('_')[1]);
  });

  test('of the settings can be read, and only the setting takes it away', async () => {
    const now = new Date('2026-11-22T12:00:00.000Z');
    const { record, token } = issueToken({ name: 'ADMIN_TOKEN', scopes: ['admin'] }, 'x', now);
    const catalog = new MemoryCatalog();
    house = new House({ catalog, authenticator: new Authenticator(catalog, () => now, record) });

    const shown = await house.call('getOwnToken', { token });
    const ended = await house.call('deleteOwnToken', { token });

    expect([shown.status, shown.json.name]).toEqual([200, 'ADMIN_TOKEN']);
    expect([ended.status, ended.json.code]).toEqual([409, 'CONFLICT']);
    expect(ended.json.detail).toMatch(/ADMIN_TOKEN; change that setting/);
    expect(await statusWith(token)).toBe(200);
  });
});
