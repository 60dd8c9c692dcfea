/** Uploads through the gateway: early refusals, and nothing left of an interrupted upload. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SignedRequest } from '../../../core/ports/blob-store.ts';
import {
  bytesOf,
  keyOf,
  put,
  TTL_SECONDS,
  takeAway,
  termsFor,
} from '../../storage/blob-contract/harness.ts';
import { type DiskHarness, openDiskHarness } from '../../storage/disk-harness.ts';

const KEY = keyOf('linux-x64.tar.gz', '1.4.0+build.7');
const DOWNLOAD = {
  contentType: 'application/gzip',
  contentDisposition: 'attachment; filename="a.tar.gz"',
};

describe('uploads through the gateway', () => {
  let harness: DiskHarness;
  beforeEach(async () => {
    harness = await openDiskHarness();
  });
  afterEach(() => harness.close());

  const signed = (bytes: Buffer | string): Promise<SignedRequest> =>
    harness.store.signUpload(KEY, termsFor(bytes), TTL_SECONDS);
  const problemOf = (body: Buffer) => JSON.parse(body.toString());

  test('a successful upload is 200 with the ETag of its downloads', async () => {
    const answer = await harness.send(await signed('pad'), 'pad');

    expect(answer).toMatchObject({
      status: 200,
      headers: { etag: (await harness.store.stat(KEY))?.etag },
    });
    await takeAway(harness.store, KEY);
  });

  test('an upload is refused if any character of the URL is changed', async () => {
    const request = await signed('pad');
    const start = request.url.indexOf('/blobs/') + 1;
    // Characters that a request line may hold; others never come as far as the gateway.
    const character = fc.constantFrom(..."abcxyzABCXYZ019-._~%&=?/+:;,@!$()*'");
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: start, max: request.url.length - 1 }),
        character,
        async (at, other) => {
          fc.pre(request.url[at] !== other);
          const url = request.url.slice(0, at) + other + request.url.slice(at + 1);

          const { status } = await harness.send(request, 'pad', { url });

          // 404 where the change leads out of /blobs/.
          expect([403, 404]).toContain(status);
        },
      ),
      { numRuns: 150 },
    );

    expect(await harness.store.stat(KEY)).toBeUndefined();
  });

  test.each([
    [
      'a forged URL',
      403,
      'FORBIDDEN',
      async (request: SignedRequest) => ({ ...request, url: `${request.url}x` }),
    ],
    [
      'another content type',
      403,
      'FORBIDDEN',
      async (request: SignedRequest) => ({
        ...request,
        headers: { ...request.headers, 'content-type': 'text/html' },
      }),
    ],
    [
      'a key that is taken',
      412,
      'ALREADY_EXISTS',
      async (request: SignedRequest) => {
        await put(harness.store, KEY, 'other');
        return request;
      },
    ],
  ])(
    'the answer to %s can be read although 30 MB are on their way',
    async (_what, status, code, change) => {
      const bytes = Buffer.alloc(30_000_000, 'x');

      const answer = await harness.send(await change(await signed(bytes)), bytes);

      expect(answer).toMatchObject({
        status,
        headers: { 'content-type': 'application/problem+json' },
      });
      expect(problemOf(answer.body)).toMatchObject({
        status,
        code,
        instance: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      const stored = await harness.store.stat(KEY);
      if (stored !== undefined) await harness.store.delete(KEY, stored);
    },
  );

  test('a client that waits for 100 gets it for a valid request, and a refusal for any other', async () => {
    const request = await signed('pad');
    const headers = { ...request.headers, 'content-length': '3', expect: '100-continue' };
    const ask = (url: string) => {
      const outgoing = httpRequest(url, { method: 'PUT', headers, agent: false });
      outgoing.flushHeaders();
      return outgoing;
    };

    const refused = ask(`${request.url}x`);
    const [no] = (await once(refused, 'response')) as [IncomingMessage];
    expect(no.statusCode).toBe(403);
    refused.destroy();

    const welcome = ask(request.url);
    await once(welcome, 'continue');
    welcome.end('pad');
    const [yes] = (await once(welcome, 'response')) as [IncomingMessage];
    expect(yes.resume().statusCode).toBe(200);
    await takeAway(harness.store, KEY);
  });

  test('without a length it is 411, with another length 403', async () => {
    const request = await signed('pad');
    const chunked = { 'content-length': undefined, 'transfer-encoding': 'chunked' };

    expect((await harness.send(request, 'pad', { headers: chunked })).status).toBe(411);
    expect((await harness.send(request, 'padd')).status).toBe(403);
    expect((await harness.send(request, 'pa')).status).toBe(403);
  });

  test('other bytes of the right length are 422', async () => {
    const answer = await harness.send(await signed('pad'), 'pax');

    expect(problemOf(answer.body)).toMatchObject({ status: 422, code: 'INTEGRITY' });
  });

  test('a body that stops arriving is given up', async () => {
    const impatient = await openDiskHarness({}, { idleTimeoutSeconds: 0.02 });
    const { url, headers } = await impatient.store.signUpload(
      KEY,
      termsFor(bytesOf(1000)),
      TTL_SECONDS,
    );
    const outgoing = httpRequest(url, {
      method: 'PUT',
      headers: { ...headers, 'content-length': '1000' },
      agent: false,
    });
    outgoing.write('x');

    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];

    expect(answer.statusCode).toBe(400);
    expect(answer.headers['connection']).toBe('close');
    outgoing.on('error', () => undefined).destroy();
    await impatient.close();
  });

  test('a connection that breaks leaves nothing behind and is logged as 499', async () => {
    const bytes = bytesOf(1_000_000);

    await harness.send(await signed(bytes), bytes.subarray(0, 500_000), {
      contentLength: bytes.length,
    });

    expect(await harness.accessLog(1)).toEqual([
      expect.objectContaining({ method: 'PUT', key: KEY, status: 499 }),
    ]);
    expect(await harness.store.stat(KEY)).toBeUndefined();
  });

  test('other methods are 405 with what is allowed, other paths 404', async () => {
    const get = await harness.store.signDownload(KEY, DOWNLOAD, TTL_SECONDS);

    const wrong = await harness.send(get, undefined, { method: 'DELETE' });

    expect(wrong).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, PUT, OPTIONS' } });
    expect((await harness.send(get, undefined, { url: `${harness.origin}/other` })).status).toBe(
      404,
    );
  });

  test('two uploads on one connection, the first refused at its headers, do not run into each other', async () => {
    const request = await signed('pad');
    const { pathname, search, port } = new URL(request.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`PUT ${pathname}${search} HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\npad`);
    socket.write('GET /blobs/ HTTP/1.1\r\nhost: a\r\n\r\n');

    let text = '';
    for await (const chunk of socket) text += chunk;

    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403']);
  });
});

describe('what is logged about each request', () => {
  test('method, key, status and bytes, and never a query string', async () => {
    const harness = await openDiskHarness();
    const upload = await harness.store.signUpload(KEY, termsFor('pad'), TTL_SECONDS);
    const download = await harness.store.signDownload(KEY, DOWNLOAD, TTL_SECONDS);
    await harness.send(upload, 'pax');
    await harness.send(upload, 'pad');
    await harness.send(download);
    await harness.send(download, undefined, { headers: { range: 'bytes=1-' } });
    await harness.send(download, undefined, { url: `${download.url}x` });

    const log = await harness.accessLog(5);
    const logged = log.map(({ method, key, status, bytes, error }) => [
      method,
      key,
      status,
      bytes,
      error?.code,
    ]);
    expect(logged).toEqual([
      ['PUT', KEY, 422, 3, 'INTEGRITY'],
      ['PUT', KEY, 200, 3, undefined],
      ['GET', KEY, 200, 3, undefined],
      ['GET', KEY, 206, 2, undefined],
      ['GET', undefined, 403, expect.any(Number), 'FORBIDDEN'],
    ]);
    expect(JSON.stringify(log)).not.toMatch(/signature|expires=/);
    await takeAway(harness.store, KEY);
    await harness.close();
  });
});
