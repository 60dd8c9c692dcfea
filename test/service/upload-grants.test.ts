/** Upload grants: tokens for one upload. What they allow, what they refuse, and who may make them. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type OperationId, ROUTES, type Route } from '../../api/routes.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import type { CallOptions } from './events.ts';
import { type Answer, type House, LIMITS, openHouse } from './house.ts';

const versionId = '1.4.0';
const packageId = 'linux-x64';
const path = { versionId, packageId };
const upload = { versionId, packageId };
const bytes = Buffer.from('hello');
const body = { filename: 'tool.tar.gz', size: bytes.length, sha256: sha256Of(bytes) };

let house: House;
let admin: string;
let publisher: string;
let reader: string;

beforeEach(async () => {
  ({ house, admin, publisher, reader } = await openHouse());
});

const outcome = ({ status, json }: Answer) => `${status} ${json?.code ?? ''}`.trim();
const make = (token: string, wanted: object) => house.call('createToken', { token, body: wanted });

async function grant(more: object = {}, token = publisher): Promise<string> {
  const made = await make(token, { upload: { ...upload, ...more } });
  if (made.status !== 201) throw new Error(made.text);
  return made.json.token;
}

const announce = (token: string, more: object = {}, to = versionId) =>
  house.call('createPackage', { token, path: { versionId: to }, body: { ...body, ...more } });

describe('a grant is made', () => {
  test('by a publish token, for an hour, with no scope and no other version', async () => {
    const made = await make(publisher, { upload: { ...upload, filename: 'tool.tar.gz', size: 5 } });

    expect(made.json).toEqual({
      tokenId: expect.stringMatching(/^[a-z0-9]{20}$/),
      token: expect.stringMatching(/^stw_/),
      name: 'upload of linux-x64 to 1.4.0',
      scopes: [],
      versions: versionId,
      upload: { ...upload, filename: 'tool.tar.gz', ext: 'tar.gz', size: 5 },
      createdAt: '2026-11-22T12:00:00.000Z',
      expiresAt: '2026-11-22T13:00:00.000Z',
      createdBy: publisher.split('_')[1],
      parentId: publisher.split('_')[1],
    });
    const { items } = (await house.call('listTokens', { token: admin })).json;
    expect(items).toContainEqual({ ...made.json, token: undefined });
  });

  test('for no longer than the token that makes it', async () => {
    const token = await house.token(['publish'], { expiresAt: '2026-11-22T12:10:00Z' });

    expect((await make(token, { upload })).json.expiresAt).toBe('2026-11-22T12:10:00.000Z');
    expect(outcome(await make(token, { upload, expiresAt: '2026-11-22T12:11:00Z' }))).toBe(
      '403 FORBIDDEN',
    );
  });

  test.each<[string, object, string]>([
    ['a longer life', { upload, expiresAt: '2026-11-22T13:00:01Z' }, 'at most an hour'],
    ['a life that is over', { upload, expiresAt: '2026-11-22T12:00:00Z' }, 'later than now'],
    ['scopes of its own', { upload, scopes: ['publish'] }, 'scopes'],
    ['versions of its own', { upload, versions: '*' }, 'versions'],
    [
      'a pattern in the place of the version',
      { upload: { ...upload, versionId: '*' } },
      'versionId',
    ],
    ['no package', { upload: { versionId } }, 'packageId'],
    ['an unknown term', { upload: { ...upload, sizes: 1 } }, 'sizes'],
  ])('but not with %s', async (_, wanted, why) => {
    const refused = await make(publisher, wanted);

    expect(outcome(refused)).toBe('400 INVALID_INPUT');
    expect(refused.json.detail).toContain(why);
  });

  test('only for versions that the pattern of its maker covers', async () => {
    const token = await house.token(['publish'], { versions: '1.*' });

    expect((await make(token, { upload })).status).toBe(201);
    expect(outcome(await make(token, { upload: { ...upload, versionId: '2.0.0' } }))).toBe(
      '403 FORBIDDEN',
    );
  });

  test('not by a reader; and other tokens need scope admin, whatever else is wrong', async () => {
    expect(outcome(await make(reader, { upload }))).toBe('403 FORBIDDEN');
    expect(outcome(await make(publisher, { name: 'x', scopes: ['read'] }))).toBe('403 FORBIDDEN');
    expect(outcome(await make(publisher, { scopes: 'wrong' }))).toBe('403 FORBIDDEN');
    expect(outcome(await make(publisher, { upload: undefined }))).toBe('403 FORBIDDEN');
    expect(outcome(await make(publisher, []))).toBe('403 FORBIDDEN');
    expect(outcome(await make(admin, { name: 'x' }))).toBe('400 INVALID_INPUT');
    expect(outcome(await make(admin, { scopes: ['read'] }))).toBe('400 INVALID_INPUT');
  });

  test('and ends with its maker', async () => {
    const token = await grant();
    const tokenId = publisher.split('_')[1] ?? '';
    await house.call('deleteToken', { token: admin, path: { tokenId } });

    expect(outcome(await announce(token))).toBe('401 UNAUTHENTICATED');
  });
});

describe('a grant allows one upload', () => {
  test('from its announcement to its completion; the record names the maker of the grant', async () => {
    const token = await grant();
    const created = await announce(token);
    await house.send(created.json.upload.request, bytes);
    const seen = await house.call('getUpload', { token, path });
    const done = await house.call('completeUpload', { token, path, body: {} });

    expect([created.status, seen.json.state, done.status]).toEqual([201, 'pending', 200]);
    expect(done.json.package).toMatchObject({
      ...path,
      ...body,
      state: 'available',
      createdBy: publisher.split('_')[1],
    });
  });

  test('in parts, and to give it up', async () => {
    const token = await grant();
    const size = 20 * 1024 * 1024;
    await announce(token, { size, method: 'multipart' });
    const parts = { token, path, body: { partNumbers: [1] } };

    expect((await house.call('signParts', parts)).status).toBe(200);
    expect((await house.call('abortUpload', { token, path })).status).toBe(204);
    expect((await announce(token)).status).toBe(201);
  });

  test('with the filename, ext and size that it names, which need not be said again', async () => {
    const token = await grant({ filename: 'tool.tar.gz', size: 5 });
    const refused = async (more: object) => outcome(await announce(token, more));

    expect(await refused({ filename: 'latest.yml' })).toBe('403 FORBIDDEN');
    expect(await refused({ ext: 'yml' })).toBe('403 FORBIDDEN');
    expect(await refused({ size: 6 })).toBe('403 FORBIDDEN');
    const created = await announce(token, { filename: undefined, packageId });
    expect(created.json.package).toMatchObject({ ...path, filename: 'tool.tar.gz', ext: 'tar.gz' });
  });

  test('of no other package and to no other version', async () => {
    const token = await grant();
    await house.publish(versionId, 'other.zip');
    const other = { versionId, packageId: 'other' };

    expect(outcome(await announce(token, { packageId: 'other' }))).toBe('403 FORBIDDEN');
    expect(outcome(await announce(token, {}, '1.4.1'))).toBe('403 FORBIDDEN');
    for (const operation of ['getUpload', 'completeUpload', 'signParts', 'abortUpload'] as const)
      for (const wrong of [other, { ...path, versionId: '1.4.1' }]) {
        const answer = await house.call(operation, { token, path: wrong });
        expect([operation, outcome(answer)]).toEqual([operation, '403 FORBIDDEN']);
      }
  });

  test('for its life', async () => {
    const token = await grant();
    house.now = new Date('2026-11-22T13:00:00.000Z');

    expect(outcome(await announce(token))).toBe('401 UNAUTHENTICATED');
  });

  test('and once the package is available, it changes nothing and sends nothing', async () => {
    const token = await grant();
    const created = await announce(token);
    await house.send(created.json.upload.request, bytes);
    await house.call('completeUpload', { token, path, body: {} });
    const parts = { partNumbers: [1] };

    const again = await announce(token);
    expect([again.status, again.json.upload]).toEqual([200, undefined]);
    expect(outcome(await announce(token, { sha256: sha256Of('other') }))).toBe(
      '409 ALREADY_EXISTS',
    );
    expect(outcome(await house.call('signParts', { token, path, body: parts }))).toBe(
      '409 CONFLICT',
    );
    expect(outcome(await house.call('abortUpload', { token, path }))).toBe('409 CONFLICT');
    expect((await house.call('completeUpload', { token, path, body: {} })).status).toBe(200);
    await house.call('deletePackage', { token: admin, path });
    expect(outcome(await announce(token))).toBe('409 ALREADY_EXISTS');
    expect(outcome(await house.call('completeUpload', { token, path, body: {} }))).toBe(
      '404 NOT_FOUND',
    );
  });

  test('two uploads by one grant: one begins, and the other one is the same or is refused', async () => {
    const token = await grant();
    const other = { sha256: sha256Of('world') };

    const answers = await Promise.all([announce(token), announce(token, other), announce(token)]);

    const begun = answers.filter(({ status }) => status === 201);
    expect(begun).toHaveLength(1);
    expect(answers.map(outcome).sort()).toEqual(
      begun[0] === answers[1]
        ? ['201', '409 UPLOAD_IN_PROGRESS', '409 UPLOAD_IN_PROGRESS']
        : ['200', '201', '409 UPLOAD_IN_PROGRESS'],
    );
  });

  test('and its bytes count as those of its maker', async () => {
    const size = LIMITS.maxPackageBytes;
    const packageIds = Array.from({ length: 10 }, (_, index) => `file-${index}`);
    for (const one of packageIds)
      expect(
        (await announce(await grant({ packageId: one }), { size, filename: one })).status,
      ).toBe(201);

    const oneMore = await announce(await grant(), { size });
    expect(outcome(oneMore)).toBe('429 TOO_MANY_REQUESTS');
  });
});

describe('every other operation refuses a grant', () => {
  const allowed: ReadonlySet<string> = new Set([
    'createPackage',
    'signParts',
    'getUpload',
    'completeUpload',
    'abortUpload',
  ]);
  const all = Object.entries(ROUTES) as [OperationId, Route][];

  test('which takes grants is said by the list of routes', () => {
    const said = all.filter(([, { grants }]) => grants === true).map(([id]) => id);
    expect(new Set(said)).toEqual(allowed);
  });

  const others = all.filter(([id, { access }]) => !allowed.has(id) && access !== 'none');
  test.each(others)('%s', async (id, route) => {
    await house.publish(versionId, 'linux-x64.tar.gz');
    const token = await grant();
    const names = { channel: 'stable', file: 'linux-x64.tar.gz', tokenId: 'self0000' };
    const own = { ...path, ...names, linkId: 'abcdefghijklmnop', ruleId: 'abcdefgh' };
    const rest = { os: 'linux', arch: 'x64', target: 'linux', currentVersion: '1.0.0' };
    const variables = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const values: Readonly<Record<string, string>> = { ...own, ...rest, checkId: 'a'.repeat(64) };
    const call: CallOptions = {
      token,
      path: Object.fromEntries(variables.map((name) => [name, values[name] ?? name])),
    };
    for (const method of route.methods) {
      const answer = await house.call(id, { ...call, method });
      expect([method, answer.status]).toEqual([method, 403]);
      if (method !== 'HEAD') expect(answer.json.code).toBe('FORBIDDEN');
    }
  });

  test('also where downloads are public', async () => {
    const open = await openHouse({ publicDownloads: true });
    await open.house.publish(versionId, 'linux-x64.tar.gz');
    const made = await open.house.call('createToken', { token: open.publisher, body: { upload } });
    const { token } = made.json;

    const answer = await open.house.call('getPublicVersion', { token, path: { versionId } });
    expect(outcome(answer)).toBe('403 FORBIDDEN');
  });
});
