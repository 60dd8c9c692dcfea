/** Requests that the RFCs forbid or that are easily misread, sent as bytes to API and gateway. */
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PlainClient } from '../../support/plain-client.ts';
import { allOf, openSocket, Servings, sendRaw } from '../served.ts';

const CONTENT = '0123456789';
const servings = new Servings();
let folder: string;
let url: string;
let token: string;
let client: PlainClient;

async function start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
  folder = await servings.folder();
  ({ url, token } = await servings.start(folder, environment));
  client = new PlainClient(url, token);
  await client.push('1', 'tool', Buffer.from(CONTENT), 'single');
}
afterEach(() => servings.removeAll());

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
const bodyOf = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4);

/** The path of a signed link to the file. */
async function signedPath(): Promise<string> {
  const { headers } = await client.call('GET', '/packages/1/tool.bin');
  return String(headers['location']).slice(url.length);
}

/** Path and credentials of the file by the API, and by a signed link. */
const WAYS: readonly [
  string,
  () => Promise<{ readonly path: string; readonly lines: readonly string[] }>,
][] = [
  ['the API', async () => ({ path: '/v1/versions', lines: [`Authorization: Bearer ${token}`] })],
  ['a signed URL', async () => ({ path: await signedPath(), lines: [] })],
];

describe.each(WAYS)('a request to %s', (_name, way) => {
  beforeEach(() => start());

  async function ask(lines: readonly string[], body = '', version = ' HTTP/1.1'): Promise<Socket> {
    const { path, lines: credentials } = await way();
    const socket = openSocket(url);
    socket.write([`GET ${path}${version}`, ...credentials, ...lines, '', body].join('\r\n'));
    return socket;
  }

  /** The status of the first answer. After a refusal it also waits for the connection to close. */
  async function statusFor(...request: Parameters<typeof ask>): Promise<number> {
    const socket = await ask(...request);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    const status = statusOf(answer.toString());
    if (status < 400) socket.destroy();
    if (!socket.destroyed) await once(socket.resume(), 'close');
    return status;
  }

  test('is answered where nothing is wrong with it', async () => {
    expect(await statusFor(['Host: h'])).toBe(200);
    expect(await statusFor([], '', ' HTTP/1.0')).toBe(200);
  });

  test.each([
    ['with two hosts', ['Host: a', 'Host: b']],
    ['with the same host twice', ['Host: a', 'host: a']],
    ['with a host that is none', ['Host: a, b']],
    ['without a host', []],
    [
      'with both a length and a transfer coding',
      ['Host: h', 'Content-Length: 3', 'Transfer-Encoding: chunked'],
    ],
    ['with two lengths', ['Host: h', 'Content-Length: 3', 'Content-Length: 4']],
    ['with a coding after chunked', ['Host: h', 'Transfer-Encoding: chunked, gzip']],
  ])('%s is a 400, and its connection closed', async (_what, lines) => {
    expect(await statusFor(lines)).toBe(400);
  });

  test.each(['gzip, chunked', 'identity, chunked', 'chunked, chunked'])(
    'with the transfer codings %s is not taken for one that is chunked alone',
    async (codings) => {
      const status = await statusFor(
        ['Host: h', `Transfer-Encoding: ${codings}`],
        '3\r\nabc\r\n0\r\n\r\n',
      );

      expect([400, 501]).toContain(status);
    },
  );

  test('with a transfer coding that is not supported is a 501', async () => {
    expect(await statusFor(['Host: h', 'Transfer-Encoding: gzip, chunked'], '0\r\n\r\n')).toBe(501);
  });

  test('with a transfer coding in HTTP/1.0 is a 400', async () => {
    expect(await statusFor(['Transfer-Encoding: chunked'], '0\r\n\r\n', ' HTTP/1.0')).toBe(400);
  });

  test.each(['', ' HTTP/0.9', ' HTTP/2.0', ' HTTP/3.7'])(
    'of the version %j is a 400',
    async (version) => {
      expect(await statusFor(version === '' ? [] : ['Host: h'], '', version)).toBe(400);
    },
  );
});

describe('a path with a percent sequence that is no UTF-8', () => {
  beforeEach(() => start());
  const ask = async (method: string, path: string, lines: readonly string[]) => {
    const head = [`${method} ${path} HTTP/1.1`, 'Host: h', 'Connection: close', ...lines, '', ''];
    return statusOf(await sendRaw(url, head.join('\r\n')));
  };

  test('is refused after path, method, token, scope, type and size', async () => {
    const { token: reader } = await client.json<{ token: string }>('POST', '/v1/tokens', {
      name: 'r',
      scopes: ['read'],
    });
    const [known, small] = [`Authorization: Bearer ${token}`, `Authorization: Bearer ${reader}`];
    const path = '/v1/versions/%zz/packages';
    const json = 'Content-Type: application/json';

    expect([
      await ask('POST', '/nothing/%zz', [known]),
      await ask('PATCH', path, [known]),
      await ask('POST', path, []),
      await ask('POST', path, [small]),
      await ask('POST', path, [known, 'Content-Type: text/plain', 'Content-Length: 1000000']),
      await ask('POST', path, [known, json, 'Content-Length: 1000000']),
      await ask('POST', path, [known, json]),
      await ask('GET', '/packages/1/%ff.bin', [small]),
    ]).toEqual([404, 405, 401, 403, 415, 413, 400, 400]);
  });

  test('in a signed URL is refused like any URL that was not signed', async () => {
    expect(await ask('GET', '/blobs/packages/%zz/tool.bin', [])).toBe(403);
  });
});

describe.each([
  ['by a signed link', {}],
  ['by the service', { PRESIGNED_URLS: 'false' }],
])('a range %s', (_way, environment) => {
  beforeEach(() => start(environment));

  async function ask(
    lines: readonly string[],
  ): Promise<{ readonly head: string; readonly body: string }> {
    const signed = !('PRESIGNED_URLS' in environment);
    const path = signed ? await signedPath() : '/packages/1/tool.bin';
    const credentials = signed ? [] : [`Authorization: Bearer ${token}`];
    const head = [
      `GET ${path} HTTP/1.1`,
      'Host: h',
      'Connection: close',
      ...credentials,
      ...lines,
      '',
      '',
    ];
    const socket = openSocket(url);
    socket.write(head.join('\r\n'));
    const answer = await allOf(socket);
    return { head: answer.slice(0, answer.indexOf('\r\n\r\n')), body: bodyOf(answer) };
  }
  const outcome = async (...lines: readonly string[]) => {
    const { head, body } = await ask(lines);
    return `${statusOf(head)} ${body}`;
  };
  const etag = async () => /^etag: (.*)$/im.exec((await ask([])).head)?.[1] ?? '';
  const lastModified = async () =>
    new Date((await stat(join(folder, 'packages', '1', 'tool.bin'))).mtimeMs).toUTCString();

  test('that is invalid is ignored', async () => {
    for (const range of ['bytes=5-2', 'bytes=0-1,5-2', 'bytes=-', 'bytes=x-y', 'bytes 0-1']) {
      expect([range, await outcome(`Range: ${range}`)]).toEqual([range, `200 ${CONTENT}`]);
    }
    expect(await outcome('Range: bytes=2-5')).toBe('206 2345');
    expect(await outcome('Range: bytes=10-')).toMatch(/^416 /);
  });

  test('counts only where If-Range names these bytes exactly', async () => {
    const [tag, date] = [await etag(), await lastModified()];
    const earlier = new Date(Date.parse(date) - 1000).toUTCString();
    const later = new Date(Date.parse(date) + 1000).toUTCString();

    expect(await outcome('Range: bytes=2-5', `If-Range: ${tag}`)).toBe('206 2345');
    expect(await outcome('Range: bytes=2-5', `If-Range: ${date}`)).toBe('206 2345');
    for (const other of [
      `W/${tag}`,
      `"other", ${tag}`,
      `${tag.slice(0, -1)}x"`,
      earlier,
      later,
      'yesterday',
    ]) {
      expect([other, await outcome('Range: bytes=2-5', `If-Range: ${other}`)]).toEqual([
        other,
        `200 ${CONTENT}`,
      ]);
    }
    expect(await outcome('Range: bytes=99-', `If-Range: ${later}`)).toBe(`200 ${CONTENT}`);
  });
});

test('what is no request at all is a 400, and its connection closed', async () => {
  await start();
  for (const garbage of [
    '\x16\x03\x01\x02\x00',
    'hello\r\n\r\n',
    'GET\r\n\r\n',
    '\0'.repeat(100),
  ]) {
    const socket = openSocket(url);
    await once(socket, 'connect');
    socket.write(garbage);
    expect(statusOf(await allOf(socket))).toBe(400);
  }
});
