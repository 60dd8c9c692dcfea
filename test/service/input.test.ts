/** Bad input: a clear 400 that names the field, what was got and what is allowed; nothing is stored. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type OperationId, ROUTES, type Route } from '../../api/routes.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { House, LIMITS } from './house.ts';

const house = new House();
let admin: string;

beforeAll(async () => {
  admin = await house.token(['admin']);
});

const good = { packageId: 'tool', ext: 'zip', size: 1, sha256: sha256Of('x') };
const create = (body: unknown) =>
  house.call('createPackage', { token: admin, path: { versionId: '1.0.0' }, body });
const createText = (text: string, base64 = false) =>
  house.call('createPackage', {
    token: admin,
    path: { versionId: '1.0.0' },
    text,
    base64,
    headers: { 'content-type': 'application/json' },
  });

const BAD_IDS = [
  '..',
  '.',
  '../x',
  'a/b',
  'a\\b',
  '%2f',
  '..%2f',
  'a%00',
  'a\0',
  'a\n',
  'a\r\nb',
  ' a',
  'a ',
  '-a',
  '_a',
  'ａ',
  'а',
  'é',
  'a\u200bb',
  'a\u202eb',
  'a'.repeat(129),
  'a'.repeat(10_000),
];

describe('ids', () => {
  const withVariables = (Object.entries(ROUTES) as [OperationId, Route][]).flatMap(
    ([id, { path, methods }]) =>
      ['versionId', 'packageId', 'channel', 'tokenId']
        .filter((name) => path.includes(`{${name}}`))
        .map((name): [OperationId, string, string] => [id, name, methods[0] ?? 'GET']),
  );

  test.each(withVariables)('%s refuses what is no %s', async (id, name) => {
    const path = {
      versionId: '1.0.0',
      packageId: 'a',
      channel: 'stable',
      tokenId: 'abcdefgh',
      file: 'a.zip',
      target: 'linux',
      arch: 'x64',
      currentVersion: '1.0.0',
    };
    const names = Object.keys(path).filter((one) => ROUTES[id].path.includes(`{${one}}`));
    for (const bad of BAD_IDS) {
      const values = Object.fromEntries(
        names.map((one) => [one, one === name ? bad : path[one as keyof typeof path]]),
      );
      const answer = await house.call(id, { token: admin, path: values });

      expect([bad, answer.status]).toEqual([bad, 400]);
      expect(answer.json.detail).toMatch(new RegExp(`^${name} must be text that matches`));
      expect(answer.json.detail.length).toBeLessThan(300);
    }
  });

  test.each(BAD_IDS)('a body refuses them too: %#', async (bad) => {
    expect((await create({ ...good, packageId: bad })).status).toBe(400);
    const links = await house.call('createLinks', {
      token: admin,
      path: { versionId: '1' },
      body: { packageIds: ['a', bad] },
    });
    expect([links.status, links.json.detail]).toEqual([
      400,
      expect.stringMatching(/^packageIds\[1\] must be/),
    ]);
    const channel = await house.call('putChannel', {
      token: admin,
      path: { channel: 'c' },
      body: { versionId: bad },
    });
    expect(channel.status).toBe(400);
  });
});

describe('a new package', () => {
  test.each<[string, object, RegExp]>([
    ['sha256 too short', { sha256: 'ab' }, /^sha256 must be 64 lower-case hex digits, got "ab"$/],
    ['sha256 too long', { sha256: `${good.sha256}0` }, /^sha256 must be 64/],
    ['sha256 in upper case', { sha256: good.sha256.toUpperCase() }, /^sha256 must be 64/],
    ['sha256 with a line end', { sha256: `${good.sha256}\n` }, /^sha256 must be 64/],
    ['sha256 of another type', { sha256: 5 }, /^sha256 must be of type string, got 5$/],
    [
      'sha256 missing',
      { sha256: undefined },
      /^where partChecksums is not true, sha256 is required$/,
    ],
    ['size 0', { size: 0 }, /^size must be at least 1, got 0$/],
    ['size negative', { size: -5 }, /^size must be at least 1, got -5$/],
    ['size fractional', { size: 1.5 }, /^size must be a whole number, got 1.5$/],
    [
      'size above the maximum',
      { size: LIMITS.maxPackageBytes + 1 },
      /^size must be from 1 to 1000000000 bytes, got 1000000001$/,
    ],
    [
      'size above 2^53',
      { size: 2 ** 53 + 2 },
      /^size must be at most 9007199254740991, got 9007199254740994$/,
    ],
    ['size far above it', { size: 1e300 }, /^size must be at most 9007199254740991, got 1e\+300$/],
    ['size as text', { size: '5' }, /^size must be .*number, got "5"$/],
    ['size null', { size: null }, /^size must be .*, got null$/],
    ['ext with a slash', { ext: 'a/b' }, /^ext must be text that matches/],
    ['ext with a leading dot', { ext: '.zip' }, /^ext must be/],
    ['ext of four runs', { ext: 'a.b.c.d' }, /^ext must be/],
    [
      'no name at all',
      { ext: undefined, packageId: undefined },
      /^filename, packageId or ext is required$/,
    ],
    [
      'a filename with CR',
      { filename: 'a\r.zip' },
      /^filename must hold no slashes, control characters or bidi marks, got "a\\r\.zip"$/,
    ],
    ['a filename with LF', { filename: 'a\n.zip' }, /^filename must hold no/],
    ['a filename with NUL', { filename: 'a\0.zip' }, /^filename must hold no/],
    ['a filename with path parts', { filename: '../a.zip' }, /^filename must hold no/],
    ['a filename with a backslash', { filename: '..\\a.zip' }, /^filename must hold no/],
    [
      'a filename with a right-to-left mark',
      { filename: 'a\u202egpj.zip' },
      /^filename must hold no/,
    ],
    [
      'a filename with half a character',
      { filename: 'a\ud800.zip' },
      /^filename must be text in Unicode, without half a surrogate pair/,
    ],
    [
      'a filename that is this folder',
      { filename: '.' },
      /^filename must not be empty, \. or \.\., got "\."$/,
    ],
    [
      'a filename that is the folder above',
      { filename: '..' },
      /^filename must not be empty, \. or \.\., got "\.\."$/,
    ],
    ['a filename that Windows takes apart', { filename: 'tool.zip.' }, /^filename must not begin/],
    ['a filename with a space at its end', { filename: 'tool ' }, /^filename must not begin/],
    [
      'a filename of a device',
      { filename: 'con.zip' },
      /^filename must not be the name of a device/,
    ],
    ['a filename of the service', { filename: 'SHA256SUMS' }, /^filename must be another name/],
    [
      'an alias of the service',
      { packageId: 'release', ext: 'json' },
      /^filename must be another name/,
    ],
    ['a filename too long', { filename: 'é'.repeat(128) }, /^filename must have at most 255 bytes/],
    [
      'a filename that is empty',
      { filename: '' },
      /^filename must not be empty, \. or \.\., got ""$/,
    ],
    [
      'a content type with CR LF',
      { contentType: 'a/b\r\nx: y' },
      /^contentType must be a media type/,
    ],
    ['a content type that is none', { contentType: 'gzip' }, /^contentType must be a media type/],
    [
      'metadata with a number',
      { metadata: { a: 1 } },
      /^metadata\.a must be of type string, got 1$/,
    ],
    [
      'metadata with a bad name',
      { metadata: { 'a b': 'x' } },
      /^metadata\."a b" is no name for an entry/,
    ],
    [
      'metadata too long',
      { metadata: { a: 'x'.repeat(1000), b: 'x'.repeat(1000), c: 'x'.repeat(100) } },
      /^metadata must have at most 2048 bytes/,
    ],
    [
      'an unknown method',
      { method: 'triple' },
      /^method must be one of single, multipart, got "triple"$/,
    ],
    [
      'an unknown field',
      { sise: 1 },
      /^the body has unknown fields "sise"; allowed are packageId, ext, filename, size,/,
    ],
    [
      'a flag as text',
      { partChecksums: 'true' },
      /^partChecksums must be of type boolean, got "true"$/,
    ],
  ])('%s: 400', async (_, change, detail) => {
    const answer = await create({ ...good, ...change });

    expect([answer.status, answer.json.code]).toEqual([400, 'INVALID_INPUT']);
    expect(answer.json.detail).toMatch(detail);
  });

  test('every faulty field is named at once', async () => {
    const { detail } = (await create({ size: 0, sha256: 'x', ext: '.', hello: 1 })).json;
    for (const name of ['size', 'sha256', 'ext', '"hello"']) expect(detail).toContain(name);
  });

  test('quotes in a filename are allowed, and escaped where it travels', async () => {
    const filename = 'say "hi"\'; x=y.zip';
    const { json } = await create({ ...good, packageId: 'quoted', filename });
    const disposition = json.upload.request.headers['content-disposition'];

    expect(json.package.filename).toBe(filename);
    expect(disposition).toContain('filename="say \\"hi\\"');
  });

  test('nothing of all that was stored', async () => {
    const page = await house.catalog.listVersions({ limit: 10 });
    const records = await Promise.all(
      page.items.map(({ versionId }) =>
        house.catalog.listPackages(versionId, ['pending'], { limit: 10 }),
      ),
    );
    expect(records.flatMap(({ items }) => items.map((record) => record.packageId))).toEqual([
      'quoted',
    ]);
  });
});

describe('JSON', () => {
  test.each([
    '{',
    '{"a":1,}',
    "{'a':1}",
    'nonsense',
    '{"size":1e999}',
    'NaN',
    '\u0000',
    '[]',
    'null',
    '"text"',
    '5',
    'true',
    ' ',
    '['.repeat(100_000),
    '{"a":'.repeat(40_000),
    `{"metadata":${'{"\\u0061":'.repeat(20_000)}1${'}'.repeat(20_001)}`,
    '{"__proto__":{"size":1}}',
    '{"\\u005f_proto__":{"size":1}}',
    '{"metadata":{"__proto__":"x"}}',
    '{"constructor":1}',
    '{"toString":1,"hasOwnProperty":2}',
    JSON.stringify({ ['x'.repeat(10_000)]: 1 }),
    JSON.stringify(
      Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`f${index}`, index])),
    ),
    JSON.stringify({ packageId: Array.from({ length: 5000 }, () => ({})) }),
  ])('malformed or of another shape: 400 (%#)', async (text) => {
    for (const base64 of [false, true]) expect((await createText(text, base64)).status).toBe(400);
  });

  test('bytes that are no UTF-8: 400', async () => {
    const headers = { 'content-type': 'application/json' };
    const event = { token: admin, path: { versionId: '1.0.0' }, text: '{}', base64: true, headers };
    const handler: typeof house.handlers.createPackage = (request, context) =>
      house.handlers.createPackage(
        { ...request, body: Buffer.from([0x22, 0xff, 0x22]).toString('base64') },
        context,
      );
    const answer = await house.invoke(handler, {
      ...event,
      method: 'POST',
      route: ROUTES.createPackage.path,
    });

    expect([answer.status, answer.json.detail]).toEqual([400, 'the body is not UTF-8']);
  });
});

describe('queries', () => {
  test.each<[Record<string, string>]>([
    [{ limit: '0' }],
    [{ limit: '1001' }],
    [{ limit: '-1' }],
    [{ limit: '1.5' }],
    [{ limit: '1,2' }],
    [{ limit: '0x10' }],
    [{ limit: '' }],
    [{ limit: '１' }],
    [{ cursor: '' }],
    [{ cursor: 'nonsense' }],
    [{ cursor: 'x'.repeat(10_000) }],
    [{ cursor: '\0' }],
    [{ unknown: '1' }],
    [{ limit: '1', Limit: '2' }],
  ])('%j: 400', async (query) => {
    for (const id of ['listVersions', 'listChannels', 'listTokens'] as const) {
      expect((await house.call(id, { token: admin, query })).status).toBe(400);
    }
  });

  test('an operation without a query refuses one', async () => {
    const answer = await house.call('getVersion', {
      token: admin,
      path: { versionId: '1' },
      query: { x: '1' },
    });
    expect(answer.json.detail).toBe('the query has unknown fields "x"; allowed are none');
  });
});

describe('tokens and parts', () => {
  test.each<[object]>([
    [{}],
    [{ name: '', scopes: ['read'] }],
    [{ name: 'x', scopes: [] }],
    [{ name: 'x', scopes: ['root'] }],
    [{ name: 'x', scopes: ['read'], versions: '' }],
    [{ name: 'x', scopes: ['read'], versions: '1.?' }],
    [{ name: 'x', scopes: ['read'], expiresAt: 'tomorrow' }],
    [{ name: 'x', scopes: ['read'], expiresAt: '2026-02-30T00:00:00Z' }],
    [{ name: 'x', scopes: ['read'], expiresAt: '2020-01-01T00:00:00Z' }],
    [{ name: 'x', scopes: ['read'], expiresAt: '9999-12-31T23:59:59-23:59' }],
    [{ name: 'x', scopes: ['read'], expiresAt: 5 }],
  ])('createToken %j: 400', async (body) => {
    expect((await house.call('createToken', { token: admin, body })).status).toBe(400);
  });

  test.each<[unknown, string]>([
    ['a\nb', 'name must hold no control characters or bidi marks, got "a\\nb"'],
    ['a\u001b[2Jb', 'name must hold no control characters or bidi marks, got "a\\u001b[2Jb"'],
    ['a\u202eb', 'name must hold no control characters or bidi marks, got "a\u202eb"'],
  ])('a token named %j is not made', async (name, detail) => {
    const answer = await house.call('createToken', {
      token: admin,
      body: { name, scopes: ['read'] },
    });
    expect([answer.status, answer.json.detail]).toEqual([400, detail]);
  });

  test('scopes that are no array are refused for that reason only', async () => {
    const answer = await house.call('createToken', {
      token: admin,
      body: { name: 'x', scopes: 'read' },
    });
    expect(answer.json.detail).toBe('scopes must be of type array, got "read"');
  });

  test('a reason may have lines', async () => {
    const path = { versionId: '1', packageId: 'none' };
    const answer = await house.call('yankPackage', {
      token: admin,
      path,
      body: { reason: 'one\ntwo' },
    });
    expect(answer.status).toBe(404);
  });

  test.each<[object]>([
    [{}],
    [{ partNumbers: [] }],
    [{ partNumbers: [0] }],
    [{ partNumbers: [1.5] }],
    [{ partNumbers: [10_001] }],
    [{ partNumbers: Array.from({ length: 101 }, (_, index) => index + 1) }],
    [{ partNumbers: [1], sha256s: ['x'] }],
    [{ partNumbers: '1' }],
  ])('signParts %j: 400', async (body) => {
    const path = { versionId: '1', packageId: 'a' };
    expect((await house.call('signParts', { token: admin, path, body })).status).toBe(400);
  });
});
