/** The public paths: stable links, channels, checksums. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { OperationId } from '../../api/routes.ts';
import type { PackageRecord } from '../../core/records.ts';
import { asksForJson } from '../../service/answers/download.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import type { CallOptions } from './events.ts';
import { House, PUBLIC_URL } from './house.ts';

const versionId = '1.4.0+b1';
const content = 'hello';
const link = { versionId, file: 'linux-x64.tar.gz' };
const stable = `${PUBLIC_URL}/packages/1.4.0%2Bb1/linux-x64.tar.gz`;
const reprDigest = `sha-256=:${Buffer.from(sha256Of(content), 'hex').toString('base64')}:`;

let house: House;
let token: string;
let record: PackageRecord;

async function open(overrides: ConstructorParameters<typeof House>[0] = {}) {
  house = new House(overrides);
  token = await house.token(['admin']);
  record = await house.publish(versionId, link.file, content);
  await house.call('putChannel', { token, path: { channel: 'stable' }, body: { versionId } });
}

beforeEach(() => open());

const get = (id: OperationId, path: Record<string, string>, options: CallOptions = {}) =>
  house.call(id, { token, path, ...options });
const follow = (options: CallOptions = {}) => get('downloadPackage', link, options);

describe('the stable link', () => {
  test.each<[OperationId, Record<string, string>]>([
    ['downloadPackage', link],
    ['downloadFromChannel', { channel: 'stable', file: link.file }],
  ])('%s leads to a signed link, which no cache stores and no referer shows', async (id, path) => {
    const answer = await get(id, path);

    expect(answer.status).toBe(302);
    expect(answer.headers).toEqual({
      location: expect.stringMatching(
        `^${PUBLIC_URL}/blobs/packages/1.4.0%2Bb1/linux-x64.tar.gz\\?expires=`,
      ),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      vary: 'Accept',
      etag: record.blob?.etag,
      'x-checksum-sha256': sha256Of(content),
    });
    expect(
      await house.send(
        { method: 'GET', url: answer.headers['location'] ?? '', headers: {} },
        Buffer.alloc(0),
      ),
    ).toBe(200);
  });

  test('as JSON for who asks for it by name', async () => {
    const answer = await follow({ headers: { accept: 'application/json' } });

    expect(answer.status).toBe(200);
    expect(answer.headers).toEqual({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      vary: 'Accept',
    });
    expect(answer.json).toEqual({
      url: expect.stringContaining('&signature='),
      expiresAt: '2026-11-22T12:05:00.000Z',
      size: 5,
      sha256: sha256Of(content),
      filename: 'linux-x64.tar.gz',
      contentType: 'application/octet-stream',
    });
  });

  test('HEAD describes the bytes and never redirects', async () => {
    const answer = await follow({ method: 'HEAD', headers: { accept: 'application/json' } });

    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.headers).toMatchObject({
      'content-length': '5',
      'content-type': 'application/octet-stream',
      'content-disposition': expect.stringContaining('linux-x64.tar.gz'),
      etag: record.blob?.etag,
      'x-checksum-sha256': sha256Of(content),
      'repr-digest': reprDigest,
    });
  });

  test('yanked is 410 with the reason, restored is back, deleted is 404', async () => {
    const path = { versionId, packageId: 'linux-x64' };
    await house.call('yankPackage', { token, path, body: { reason: 'broken' } });
    const yanked = await follow();
    const head = await follow({ method: 'HEAD' });
    await house.call('restorePackage', { token, path });
    const restored = await follow();
    await house.call('deletePackage', { token, path });

    expect([yanked.status, yanked.json.code, yanked.json.detail]).toEqual([
      410,
      'YANKED',
      expect.stringContaining('broken'),
    ]);
    expect([head.status, head.text]).toEqual([410, '']);
    expect(restored.status).toBe(302);
    expect((await follow()).status).toBe(404);
  });

  test.each([
    'linux-x64',
    'linux-x64.zip',
    'linux-x64.tar',
    'none.tar.gz',
    '.',
    '..',
    '...',
    '',
    'a/b.zip',
    '%2e',
    'a\0.zip',
    'ａ.zip',
    'x'.repeat(10_000),
  ])('file %#: what is not there is 404, whatever it is formed like', async (file) => {
    expect((await get('downloadPackage', { versionId, file })).status).toBe(404);
    expect((await get('downloadFromChannel', { channel: 'stable', file })).status).toBe(404);
  });

  test('pending is 404', async () => {
    const body = { packageId: 'new', ext: 'zip', size: 1, sha256: sha256Of('x') };
    await house.call('createPackage', { token, path: { versionId }, body });

    expect((await get('downloadPackage', { versionId, file: 'new.zip' })).status).toBe(404);
  });

  test('whatever a link was decorated with is taken', async () => {
    expect((await follow({ query: { utm_source: 'mail' } })).status).toBe(302);
  });
});

describe('public downloads', () => {
  test('need no token, and refuse one that is wrong', async () => {
    await open({ publicDownloads: true });

    const statuses = async (headers: Record<string, string>) => {
      const options = { token: undefined, headers };
      return [
        (await follow(options)).status,
        (await get('getSums', { versionId }, options)).status,
        (await get('getChannel', { channel: 'stable' }, options)).status,
        (await get('downloadFromChannel', { channel: 'stable', file: link.file }, options)).status,
      ];
    };
    expect(await statuses({})).toEqual([302, 200, 200, 302]);
    for (const authorization of ['Bearer rubbish', 'Basic rubbish', 'Digest x', ''])
      expect(await statuses({ authorization })).toEqual([401, 401, 401, 401]);
    expect((await house.call('listVersions')).status).toBe(401);
  });
});

describe('with PRESIGNED_URLS=false', () => {
  beforeEach(() => open({ presignedUrls: false }));

  test('the host learns which bytes to send, and with which headers', async () => {
    const answer = await follow();

    expect(answer.raw).toEqual({
      statusCode: 200,
      headers: {
        'content-type': 'application/octet-stream',
        'content-disposition': expect.stringContaining('linux-x64.tar.gz'),
        'accept-ranges': 'bytes',
        'cache-control': 'private, no-cache',
        vary: 'Accept',
        etag: record.blob?.etag,
        'x-checksum-sha256': sha256Of(content),
        'repr-digest': reprDigest,
        'x-content-type-options': 'nosniff',
        'content-security-policy': 'sandbox',
      },
      blob: { key: record.key, store: 'memory', version: record.blob, size: 5 },
    });
  });

  test('links are stable links', async () => {
    const one = await follow({ headers: { accept: 'application/json' } });
    const many = await get('createLinks', { versionId }, { body: { packageIds: ['linux-x64'] } });

    expect([one.json.url, one.json.expiresAt]).toEqual([stable, '2026-11-22T12:05:00.000Z']);
    expect(many.json.items[0].url).toBe(stable);
  });
});

describe('what pollers ask', () => {
  test('a channel names its version and the stable links of available packages', async () => {
    await house.publish(versionId, 'b.zip');
    await house.call('yankPackage', { token, path: { versionId, packageId: 'b' } });
    const answer = await get('getChannel', { channel: 'stable' });

    expect(answer.json).toEqual({
      channel: 'stable',
      versionId,
      updatedAt: '2026-11-22T12:00:00.000Z',
      packages: [
        {
          packageId: 'linux-x64',
          ext: 'tar.gz',
          size: 5,
          sha256: sha256Of(content),
          filename: 'linux-x64.tar.gz',
          url: stable,
        },
      ],
    });
  });

  test('checksums are lines for sha256sum -c, by name', async () => {
    await house.publish(versionId, 'b.zip', 'b');
    const answer = await get('getSums', { versionId });

    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.text).toBe(`${sha256Of('b')}  b.zip\n${sha256Of(content)}  linux-x64.tar.gz\n`);
    expect((await get('getChannelSums', { channel: 'stable' })).raw).toEqual(answer.raw);
  });

  test.each<[OperationId, Record<string, string>]>([
    ['getChannel', { channel: 'stable' }],
    ['getSums', { versionId }],
    ['getChannelSums', { channel: 'stable' }],
    ['getOpenApi', {}],
  ])('%s is 304 for who has it, until it changes', async (id, path) => {
    const { headers, text } = await get(id, path);
    const etag = headers['etag'] ?? '';
    const again = async (tag: string) =>
      (await get(id, path, { headers: { 'if-none-match': tag } })).status;

    expect(etag).toMatch(/^"[\w-]{43}"$/);
    expect(headers['cache-control']).toBe('no-cache');
    for (const tag of [etag, `W/${etag}`, `"a,b", ${etag}`, '*'])
      expect(await again(tag)).toBe(304);
    for (const tag of ['"other"', etag.slice(1, -1), '']) expect(await again(tag)).toBe(200);
    if (id !== 'getOpenApi') {
      const head = await get(id, path, { method: 'HEAD' });
      expect([head.status, head.text, head.headers['etag']]).toEqual([200, '', etag]);
      expect(head.headers['content-length']).toBe(String(Buffer.byteLength(text)));
      await house.publish(versionId, 'new.zip');
      expect(await again(etag)).toBe(200);
    }
  });

  test('an unknown channel, an unknown version: 404', async () => {
    expect((await get('getChannel', { channel: 'none' })).status).toBe(404);
    expect((await get('getChannelSums', { channel: 'none' })).status).toBe(404);
    expect((await get('getSums', { versionId: '9' })).status).toBe(404);
  });

  test('a version with more packages than fit is 501', async () => {
    const { attemptId: _, ...one } = record;
    for (let index = 0; index < 5001; index++) {
      const packageId = `p${index}` as typeof record.packageId;
      await house.catalog.createPackage({
        ...one,
        ...{ packageId, attemptId: `a${index}`, key: record.key, filename: `p${index}` },
      });
    }

    expect((await get('getChannel', { channel: 'stable' })).status).toBe(501);
    expect((await get('getSums', { versionId })).status).toBe(200);
  });
});

test.each<[string | undefined, boolean]>([
  [undefined, false],
  ['*/*', false],
  ['application/*', false],
  ['text/html, */*;q=0.8', false],
  ['application/json', true],
  ['Application/JSON', true],
  ['text/html, application/json;q=0.1', true],
  ['application/json ; charset=utf-8 ; q=1.000', true],
  ['application/json;q=0', false],
  ['application/json; q=0.000', false],
  ['application/json;q=nonsense', false],
  ['application/jsonp', false],
  ['application/json;q=0, application/json', true],
])('Accept %s asks for JSON: %s', (accept, expected) => {
  expect(asksForJson(accept)).toBe(expected);
});
