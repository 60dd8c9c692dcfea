/** Short requests fail and succeed as with Node's own `fetch`. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { shortFetch } from '../../../cli/connection/short-fetch.ts';
import type { Fetch } from '../../../client/transport.ts';

const ANSWERS: Readonly<Record<string, (asked: IncomingMessage, answer: ServerResponse) => void>> =
  {
    '/echo': (asked, answer) => {
      answer.setHeader('x-length', asked.headers['content-length'] ?? 'none');
      asked.pipe(answer.writeHead(asked.method === 'POST' ? 201 : 200));
    },
    '/packed': (_asked, answer) =>
      answer.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('unpacked')),
    '/elsewhere': (_asked, answer) => answer.writeHead(302, { location: '/echo' }).end(),
    '/cut': (_asked, answer) => {
      answer.writeHead(200, { 'content-length': '9' });
      answer.write('half', () => answer.destroy());
    },
    '/nothing': (_asked, answer) => answer.writeHead(204).end(),
    '/silent': () => undefined,
  };

const server = createServer((asked, answer) => ANSWERS[asked.url ?? '']?.(asked, answer));
let url: string;
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const VARIANTS: readonly (readonly [string, Fetch])[] = [
  ['the short one', shortFetch({})],
  ['that of Node, where there is a proxy', shortFetch({ HTTPS_PROXY: 'http://127.0.0.1:1' })],
];

describe.each(VARIANTS)('with the fetch: %s', (_name, fetch) => {
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, { redirect: 'error', ...init });

  async function textOf({ body }: Response): Promise<string> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const piece of body ?? []) text += decoder.decode(piece, { stream: true });
    return text;
  }

  test('a body is sent with its length in bytes', async () => {
    const answer = await ask('/echo', { method: 'POST', body: '"ä"' });

    expect(answer).toMatchObject({ status: 201, ok: true });
    expect(answer.headers.get('X-Length')).toBe('4');
    expect(answer.headers.get('x-none')).toBeNull();
    expect(await textOf(answer)).toBe('"ä"');
  });

  test('a packed answer is unpacked', async () => {
    expect(await textOf(await ask('/packed'))).toBe('unpacked');
  });

  test('an answer without a body is read as an empty one', async () => {
    const answer = await ask('/nothing');

    expect(answer.status).toBe(204);
    expect(await textOf(answer)).toBe('');
  });

  test('a redirect is refused', async () => {
    await expect(ask('/elsewhere')).rejects.toMatchObject({
      name: 'TypeError',
      cause: { message: 'unexpected redirect' },
    });
  });

  test('an answer that is cut off fails while it is read', async () => {
    const answer = await ask('/cut');

    await expect(textOf(answer)).rejects.toThrow();
  });

  test('a host where nothing listens is the cause of the failure', async () => {
    const gone = createServer();
    await once(gone.listen(0, '127.0.0.1'), 'listening');
    const { port } = gone.address() as AddressInfo;
    await once(gone.close(), 'close');

    const asked = fetch(`http://127.0.0.1:${port}/`, { redirect: 'error' });

    await expect(asked).rejects.toMatchObject({
      message: 'fetch failed',
      cause: { code: 'ECONNREFUSED' },
    });
  });

  test('a request that is called off ends', async () => {
    const stop = new AbortController();
    const arrived = once(server, 'request');
    const asked = ask('/silent', { signal: stop.signal });
    await arrived;
    stop.abort();

    await expect(asked).rejects.toThrow(/abort/);
  });
});
