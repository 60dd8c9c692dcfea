/** Drafts, which readers see nothing of until they are released, whole versions, and links for people. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type OperationId, ROUTES } from '../../api/routes.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { type Answer, type House, openHouse } from './house.ts';

const versionId = '2.0.0';
let house: House;
let admin: string;
let publisher: string;
let reader: string;

beforeEach(async () => {
  ({ house, admin, publisher, reader } = await openHouse());
});

function put(body: object, token = publisher): Promise<Answer> {
  return house.call('putVersion', { token, path: { versionId }, body });
}

async function announce(filename: string): Promise<Answer> {
  const body = { filename, size: 5, sha256: sha256Of('bytes') };
  return house.call('createPackage', { token: publisher, path: { versionId }, body });
}

async function push(filename: string): Promise<void> {
  await house.push(publisher, versionId, { filename }, 'bytes');
}

/** What everybody who may download sees of the version, on every path there is. */
async function seen(token: string): Promise<Readonly<Record<string, unknown>>> {
  const ask = async (id: OperationId) => {
    const answer = await house.call(id, { token, path: pick(id) });
    const items = answer.json?.items ?? answer.json?.packages;
    return items === undefined ? answer.status : JSON.stringify(items).includes(versionId);
  };
  const all: Readonly<Record<string, string>> = {
    versionId,
    packageId: 'a',
    file: 'a.zip',
    digest: `sha256:${sha256Of('bytes')}`,
  };
  const pick = (id: OperationId) =>
    Object.fromEntries(
      [...ROUTES[id].path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, all[name] ?? '']),
    );
  const links = await house.call('createLinks', {
    token,
    path: { versionId },
    body: { packageIds: ['a'] },
  });
  return {
    link: await ask('downloadPackage'),
    index: await ask('listPublicVersions'),
    page: await ask('getPublicVersion'),
    sums: await ask('getSums'),
    versions: await ask('listVersions'),
    version: await ask('getVersion'),
    packages: await ask('listPackages'),
    package: await ask('getPackage'),
    digest: await ask('findByDigest'),
    links: links.json.items[0].code ?? 'signed',
  };
}

const NOTHING = {
  link: 404,
  index: false,
  page: 404,
  sums: 404,
  versions: false,
  version: 404,
  packages: 404,
  package: 404,
  digest: false,
  links: 'NOT_FOUND',
};
const ALL = {
  link: 302,
  index: true,
  page: true,
  sums: 200,
  versions: true,
  version: 200,
  packages: true,
  package: 200,
  digest: true,
  links: 'signed',
};

describe('a draft', () => {
  test('is seen by no reader on any path, then all of it at once', async () => {
    await put({ draft: true, notes: '# 2.0' });
    await push('a.zip');
    await push('b.zip');
    expect(await seen(reader)).toEqual(NOTHING);
    const path = { channel: 'stable' };
    const moved = await house.call('putChannel', { token: admin, path, body: { versionId } });
    expect(moved.status).toBe(404);

    const released = await put({ draft: false });
    expect(released.json).toMatchObject({ versionId, draft: false, notes: '# 2.0' });
    expect(await seen(reader)).toEqual(ALL);
  });

  test('shows to publishers in the API, and on no public path', async () => {
    await put({ draft: true });
    await push('a.zip');

    expect(await seen(publisher)).toEqual({
      ...NOTHING,
      versions: true,
      version: 200,
      packages: true,
      package: 200,
      digest: true,
    });
  });

  test('is not released while an upload of it is under way', async () => {
    await put({ draft: true });
    const created = await announce('a.zip');

    const early = await put({ draft: false });
    expect([early.status, early.json.code]).toEqual([409, 'NOT_UPLOADED']);
    const path = { versionId, packageId: created.json.package.packageId };
    await house.call('abortUpload', { token: publisher, path });
    expect((await put({ draft: false })).status).toBe(200);
  });

  test('can a version become while nothing of it was available, with the uploads under way', async () => {
    const created = await announce('a.zip');
    expect((await put({ draft: true })).json.draft).toBe(true);
    await house.send(created.json.upload.request, Buffer.from('bytes'));
    const path = { versionId, packageId: 'a' };
    await house.call('completeUpload', { token: publisher, path, body: {} });
    expect(await seen(reader)).toEqual(NOTHING);

    await put({ draft: false });
    const again = await put({ draft: true });
    expect([again.status, again.json.code]).toEqual([409, 'CONFLICT']);
    expect(await seen(reader)).toEqual(ALL);
  });

  test('needs scope publish, and text that fits', async () => {
    expect((await put({ draft: true }, reader)).status).toBe(403);
    expect((await put({ notes: 'x'.repeat(65_537) })).status).toBe(400);
    expect((await put({ minVersion: 'no spaces' })).status).toBe(400);
    expect((await put({ unknown: 1 })).status).toBe(400);
    expect((await put({ minVersion: '1.0.0' })).json.minVersion).toBe('1.0.0');
    expect((await put({ minVersion: '' })).json.minVersion).toBeUndefined();
  });
});

describe('a whole version', () => {
  test('is yanked and restored, again and again', async () => {
    await push('a.zip');
    await push('b.zip');
    const path = { versionId };
    const yank = () =>
      house.call('yankVersion', { token: admin, path, body: { reason: 'broken' } });

    expect((await yank()).json).toEqual({ changed: 2, isWhole: true });
    expect((await yank()).json).toEqual({ changed: 0, isWhole: true });
    const file = { versionId, file: 'a.zip' };
    const gone = await house.call('downloadPackage', { token: reader, path: file });
    expect([gone.status, gone.json.detail]).toEqual([410, expect.stringContaining('broken')]);
    const restored = await house.call('restoreVersion', { token: admin, path, body: {} });
    expect(restored.json).toEqual({ changed: 2, isWhole: true });
    expect((await house.call('downloadPackage', { token: reader, path: file })).status).toBe(302);
    const unknown = { path: { versionId: '9' }, body: {} };
    expect((await house.call('yankVersion', { token: admin, ...unknown })).status).toBe(404);
  });

  test('is deleted by admins alone, for good', async () => {
    await push('a.zip');
    await push('b.zip');
    const path = { versionId };
    const remove = (token: string) => house.call('deleteVersion', { token, path, body: {} });

    expect((await remove(publisher)).status).toBe(403);
    expect((await remove(admin)).json).toEqual({ changed: 2, isWhole: true });
    expect((await remove(admin)).json).toEqual({ changed: 0, isWhole: true });
    const file = { versionId, file: 'a.zip' };
    expect((await house.call('downloadPackage', { token: reader, path: file })).status).toBe(404);
    const unknown = { path: { versionId: '9' }, body: {} };
    expect((await house.call('deleteVersion', { token: admin, ...unknown })).status).toBe(404);
  });
});

describe('a link for people', () => {
  async function make(more: object = {}, token = publisher): Promise<Answer> {
    const body = { versionId, filename: 'a.zip', ...more };
    return house.call('createLink', { token, body });
  }

  async function follow(url: string, method = 'GET'): Promise<number> {
    const { pathname, searchParams } = new URL(url);
    const linkId = pathname.split('/').at(-1) ?? '';
    const query = Object.fromEntries(searchParams);
    return (await house.call('followLink', { method, path: { linkId }, query })).status;
  }

  beforeEach(() => push('a.zip'));

  test('redirects without a token until it expires', async () => {
    const { status, json } = await make();
    expect(status).toBe(201);
    expect(json.expiresAt).toBe('2026-11-29T12:00:00.000Z');

    expect(await follow(json.url)).toBe(302);
    expect(await follow(json.url, 'HEAD')).toBe(200);
    expect(await follow(json.url.replace(/.$/, ''))).toBe(404);
    expect(await follow(json.url.replace(/k=.*/, 'k='))).toBe(404);
    house.now = new Date(json.expiresAt);
    expect(await follow(json.url)).toBe(404);
  });

  test('ends after as many downloads as it allows; looking counts none', async () => {
    const { json } = await make({ maxDownloads: 2 });

    const statuses = [];
    for (const method of ['HEAD', 'GET', 'HEAD', 'GET', 'GET', 'HEAD'])
      statuses.push(await follow(json.url, method));
    expect(statuses).toEqual([200, 302, 200, 302, 404, 404]);
  });

  test('ends with its token, with a yank, and when it is deleted', async () => {
    const maker = await house.token(['publish']);
    const ofMaker = (await make({}, maker)).json.url;
    const { json } = await make();
    await house.call('deleteToken', { token: admin, path: { tokenId: maker.split('_')[1] ?? '' } });
    expect(await follow(ofMaker)).toBe(404);

    const path = { versionId, packageId: 'a' };
    await house.call('yankPackage', { token: admin, path, body: {} });
    expect(await follow(json.url)).toBe(404);
    await house.call('restorePackage', { token: admin, path, body: {} });
    expect(await follow(json.url)).toBe(302);
    const linkId = { path: { linkId: json.linkId } };
    expect((await house.call('deleteLink', { token: publisher, ...linkId })).status).toBe(204);
    expect(await follow(json.url)).toBe(404);
  });

  test('lives at most 30 days and no longer than its token, and leads to what can be downloaded', async () => {
    const days = (count: number) =>
      new Date(house.now.getTime() + count * 86_400_000).toISOString();
    const short = await house.token(['publish'], { expiresAt: days(3) });

    expect((await make({ expiresAt: days(30) })).status).toBe(201);
    expect((await make({ expiresAt: days(31) })).status).toBe(400);
    expect((await make({ expiresAt: days(-1) })).status).toBe(400);
    expect((await make({}, short)).json.expiresAt).toBe(days(3));
    expect((await make({ expiresAt: days(4) }, short)).status).toBe(400);
    expect((await make({ filename: 'none' })).status).toBe(404);
    expect((await make({}, reader)).status).toBe(403);
    const limited = await house.token(['publish'], { versions: '1.*' });
    expect((await make({}, limited)).status).toBe(403);
  });

  test('is listed without its secret', async () => {
    const { json } = await make({ note: 'for ACME' });

    const list = await house.call('listLinks', { token: publisher });
    expect(list.json.items).toMatchObject([{ linkId: json.linkId, note: 'for ACME' }]);
    expect(list.text).not.toContain('secret');
  });
});
