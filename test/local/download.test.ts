/**
 * Downloads that the service sends itself (PRESIGNED_URLS=false): bytes, ranges and conditions of
 * RFC 9110. The client is node:http, which adds no headers.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs, { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { type Answer, PlainClient, send } from '../support/plain-client.ts';
import { type LogBook, Servings } from './served.ts';

const servings = new Servings();
const bytes = randomBytes(3_000_000);
let folder: string;
let url: string;
let token: string;
let book: LogBook;

beforeEach(async () => {
  folder = await servings.folder();
  ({ url, token, book } = await servings.start(folder, { PRESIGNED_URLS: 'false' }));
  await new PlainClient(url, token).push('1.0+5', 'tool', bytes, 'single');
});
afterEach(async () => {
  jest.restoreAllMocks();
  await servings.removeAll();
});

/** Every file that is sent from now on breaks off after its first bytes. */
function breakReadsOff(): void {
  const broken = async function* () {
    yield bytes.subarray(0, 1000);
    throw Object.assign(new Error('EIO: injected'), { code: 'EIO' });
  };
  jest
    .spyOn(fs, 'createReadStream')
    .mockImplementation(() => Readable.from(broken()) as fs.ReadStream);
}

const PATH = '/packages/1.0%2B5/tool.bin';
const ROUTES = [
  ['/packages/{versionId}/{file}', PATH],
  ['/channels/{channel}/{file}', '/channels/stable/tool.bin'],
] as const;
const document = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'));

/** The content types that openapi.json has for a status; `none` for one without content. */
function typesDescribed(route: string, status: number): readonly string[] {
  const named = document.paths[route].get.responses[status];
  if (named === undefined) return [];
  const response =
    named.$ref === undefined ? named : document.components.responses[named.$ref.split('/').at(-1)];
  return response.content === undefined ? ['none'] : Object.keys(response.content);
}

/** As openapi.json would have it: a package's own type is any. */
function typeOf({ status, headers }: Answer): string {
  const type = headers['content-type'];
  if (status === 304 || type === undefined) return 'none';
  return type === 'application/octet-stream' ? '*/*' : String(type);
}

function ask(
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
  path: string = PATH,
): Promise<Answer> {
  return send(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
}

describe('a download through the service', () => {
  test('is the bytes, with all headers that describe them', async () => {
    const answer = await ask();

    expect([answer.status, answer.body.equals(bytes)]).toEqual([200, true]);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '3000000',
      'content-disposition': expect.stringMatching(/^attachment; filename="?tool\.bin"?$/),
      'accept-ranges': 'bytes',
      'x-checksum-sha256': sha256Of(bytes),
      'repr-digest': `sha-256=:${Buffer.from(sha256Of(bytes), 'hex').toString('base64')}:`,
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      etag: expect.stringMatching(/^".+"$/),
    });
  });

  test('needs a token', async () => {
    expect((await send(`${url}/packages/1.0%2B5/tool.bin`)).status).toBe(401);
  });

  test.each([
    ['bytes=0-0', 0, 1],
    ['bytes=1000000-1999999', 1_000_000, 2_000_000],
    ['bytes=2999990-', 2_999_990, 3_000_000],
    ['bytes=-10', 2_999_990, 3_000_000],
    ['bytes=-9999999', 0, 3_000_000],
    ['bytes=2999999-9999999', 2_999_999, 3_000_000],
  ])('of %s is that part', async (range, start, end) => {
    const { status, headers, body } = await ask({ range });

    expect([status, headers['content-range'], headers['content-length']]).toEqual([
      206,
      `bytes ${start}-${end - 1}/3000000`,
      String(end - start),
    ]);
    expect(body.equals(bytes.subarray(start, end))).toBe(true);
    expect(headers['repr-digest']).toBeDefined();
  });

  test.each(['bytes=0-9,100-199', 'bytes=0-0, -1', 'bytes=5-6,0-1,9000000-'])(
    'of several ranges, %s, is the whole file',
    async (range) => {
      const { status, headers, body } = await ask({ range });

      expect([status, headers['content-length'], headers['content-range']]).toEqual([
        200,
        '3000000',
        undefined,
      ]);
      expect(body.equals(bytes)).toBe(true);
    },
  );

  test('beyond the end is 416, a problem with the length and without headers of the file', async () => {
    const { status, headers, body } = await ask({ range: 'bytes=3000000-' });

    expect([status, headers['content-range'], headers['content-type']]).toEqual([
      416,
      'bytes */3000000',
      'application/problem+json',
    ]);
    expect(JSON.parse(body.toString())).toMatchObject({
      status: 416,
      instance: headers['x-request-id'],
    });
    const ofTheFile = ['etag', 'repr-digest', 'content-disposition', 'x-checksum-sha256'];
    expect(ofTheFile.filter((name) => headers[name] !== undefined)).toEqual([]);
  });

  test('is 304 to who has it, and the range only to who has the same bytes', async () => {
    const etag = String((await ask({}, 'HEAD')).headers['etag']);

    const known = await ask({ 'if-none-match': etag });
    const other = await ask({ 'if-none-match': '"other"' });
    const same = await ask({ range: 'bytes=0-9', 'if-range': etag });
    const changed = await ask({ range: 'bytes=0-9', 'if-range': '"other"' });

    expect([
      known.status,
      known.body.length,
      known.headers['etag'],
      known.headers['content-length'],
    ]).toEqual([304, 0, etag, undefined]);
    expect([other.status, same.status, changed.status]).toEqual([200, 206, 200]);
    expect([same.body.length, changed.body.length]).toEqual([10, bytes.length]);
  });

  test('is described by a HEAD', async () => {
    const { status, headers, body } = await ask({}, 'HEAD');

    expect([status, headers['content-length'], body.length]).toEqual([200, '3000000', 0]);
  });

  test('may be broken off by its client without harm', async () => {
    const request = get(`${url}/packages/1.0%2B5/tool.bin`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    await once(answer, 'readable');
    answer.on('error', () => {});
    request.destroy();

    expect((await ask()).body.equals(bytes)).toBe(true);
  });

  test('is 404 where the bytes are gone, and 409 where others lie there', async () => {
    const path = join(folder, 'packages', '1.0+5', 'tool.bin');
    await rm(path);
    const gone = await ask();
    await writeFile(path, 'others');
    const others = await ask();

    expect([gone.status, others.status]).toEqual([404, 409]);
    expect([gone, others].map(({ headers }) => headers['repr-digest'])).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('has no answer that openapi.json leaves out, by version and by channel', async () => {
    await new PlainClient(url, token).json('PUT', '/v1/channels/stable', { versionId: '1.0+5' });
    const etag = String((await ask({}, 'HEAD')).headers['etag']);
    const requireDescribed = async (status: number, headers: Readonly<Record<string, string>>) => {
      for (const [route, path] of ROUTES) {
        const answer = await ask(headers, 'GET', path);
        expect([route, answer.status]).toEqual([route, status]);
        expect(typesDescribed(route, status)).toContain(typeOf(answer));
      }
    };

    await requireDescribed(200, {});
    await requireDescribed(200, { accept: 'application/json' });
    await requireDescribed(206, { range: 'bytes=0-9' });
    await requireDescribed(304, { 'if-none-match': etag });
    await requireDescribed(412, { 'if-match': '"other"' });
    await requireDescribed(416, { range: 'bytes=3000000-' });
    await writeFile(join(folder, 'packages', '1.0+5', 'tool.bin'), 'others');
    await requireDescribed(409, {});
    await rm(join(folder, 'packages', '1.0+5', 'tool.bin'));
    await requireDescribed(404, {});
  });

  test('that the disk breaks off ends the connection, and the log has the reason', async () => {
    breakReadsOff();

    await expect(ask()).rejects.toMatchObject({ code: 'ECONNRESET' });

    expect(await book.line((line) => line['msg'] === 'request failed')).toMatchObject({
      level: 50,
      err: { cause: { code: 'EIO' } },
    });
  });
});

test('a signed download that the disk breaks off ends the connection, and the log has the reason', async () => {
  const other = await servings.start(await servings.folder());
  const client = new PlainClient(other.url, other.token);
  await client.push('1', 'tool', bytes, 'single');
  const { headers } = await client.call('GET', '/packages/1/tool.bin');
  breakReadsOff();

  await expect(send(String(headers['location']))).rejects.toMatchObject({ code: 'ECONNRESET' });

  expect(
    await other.book.line((line) => line['operation'] === 'blob' && line['method'] === 'GET'),
  ).toMatchObject({
    level: 50,
    status: 499,
    code: 'INTERNAL',
    err: { cause: { code: 'EIO' } },
  });
});
