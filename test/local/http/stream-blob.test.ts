/** Bytes from a store on another machine: ranges, conditions, and interrupted downloads. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../../core/errors.ts';
import { packageKey, parseExt, parsePackageId, parseVersionId } from '../../../core/names.ts';
import type { BlobStore } from '../../../core/ports/blob-store.ts';
import { LocalServer } from '../../../local/http/server.ts';
import { streamBlob } from '../../../local/http/stream-blob.ts';
import { send } from '../../support/plain-client.ts';
import { openSocket } from '../served.ts';

const BYTES = Buffer.from('0123456789');
const ETAG = '"abc"';
const HEADERS = { 'content-type': 'text/plain', 'cache-control': 'private, no-cache' };
const BLOB = {
  store: 's3',
  key: packageKey(parseVersionId('1.0'), parsePackageId('tool'), parseExt('bin')),
  version: { etag: ETAG, objectVersion: 'v1' },
  size: BYTES.length,
};

const servers: LocalServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(0)));
});

type Get = BlobStore['get'];

const whole: Get = async (_key, { range } = {}) =>
  Readable.from([range === undefined ? BYTES : BYTES.subarray(range.start, range.end + 1)]);

/** A server that answers every path with the file, or with a refusal. */
async function serving(get: Get, onError: (error: unknown) => void = () => {}): Promise<string> {
  const server = await LocalServer.listen(
    { host: '127.0.0.1', port: 0 },
    async (request, response) => {
      try {
        const refusal = await streamBlob(request, response, { get }, BLOB, HEADERS);
        if (refusal !== undefined) response.writeHead(refusal.status).end(refusal.error.code);
      } catch (error) {
        onError(error);
        if (response.headersSent) response.destroy();
        else response.writeHead(500).end();
      }
    },
  );
  servers.push(server);
  return `http://127.0.0.1:${server.port}`;
}

describe('a file of another store', () => {
  test('comes whole, with the headers of the result and its length', async () => {
    const { status, headers, body } = await send(await serving(whole));

    expect({ status, body }).toEqual({ status: 200, body: BYTES });
    expect(headers).toMatchObject({ ...HEADERS, etag: ETAG, 'content-length': '10' });
  });

  test('is asked for by the published version, and by the range alone', async () => {
    const asked: unknown[] = [];
    const url = await serving((key, options) => {
      asked.push([key, options]);
      return whole(key, options);
    });

    const { status, headers, body } = await send(url, { headers: { range: 'bytes=2-4' } });

    expect({ status, body: body.toString() }).toEqual({ status: 206, body: '234' });
    expect(headers).toMatchObject({ 'content-range': 'bytes 2-4/10', 'content-length': '3' });
    expect(asked).toEqual([[BLOB.key, { version: BLOB.version, range: { start: 2, end: 4 } }]]);
  });

  test('is sent whole to a client that asks for several ranges', async () => {
    const url = await serving(whole);

    const { status, headers, body } = await send(url, { headers: { range: 'bytes=0-1,4-5' } });

    expect({ status, body }).toEqual({ status: 200, body: BYTES });
    expect(headers['content-range']).toBeUndefined();
  });

  test.each<[string, Record<string, string>, number]>([
    ['is not sent to a client that has it', { 'if-none-match': `"x", W/${ETAG}` }, 304],
    ['is refused to a client that wants another file', { 'if-match': '"x"' }, 412],
    ['is refused to a client that has only a weak tag', { 'if-match': `W/${ETAG}` }, 412],
    ['has nothing beyond its end', { range: 'bytes=10-' }, 416],
  ])('%s, without asking the store', async (_, headers, expected) => {
    const asked: unknown[] = [];
    const url = await serving((key) => {
      asked.push(key);
      return whole(key);
    });

    const { status, headers: got } = await send(url, { headers });

    expect({ status, asked }).toEqual({ status: expected, asked: [] });
    if (expected === 304) expect(got['etag']).toBe(ETAG);
    if (expected === 416) expect(got['content-range']).toBe('bytes */10');
  });

  test('is described by a HEAD without a request to the store', async () => {
    const url = await serving(() => Promise.reject(new Error('asked')));

    const { status, headers } = await send(url, { method: 'HEAD' });

    expect({ status, length: headers['content-length'] }).toEqual({ status: 200, length: '10' });
  });

  test('that the store no longer holds is an error before the first header', async () => {
    const errors: unknown[] = [];
    const url = await serving(
      () => Promise.reject(new ServiceError('CONFLICT', 'other bytes')),
      (error) => errors.push(error),
    );

    const { status, headers } = await send(url);

    expect({ status, etag: headers['etag'] }).toEqual({ status: 500, etag: undefined });
    expect(errors).toMatchObject([{ code: 'CONFLICT' }]);
  });

  test('that breaks off in its middle cuts the connection, and is an error', async () => {
    const errors: unknown[] = [];
    const broken = async function* () {
      yield BYTES.subarray(0, 5);
      throw new ServiceError('UNAVAILABLE', 'the store has gone');
    };
    const url = await serving(
      async () => Readable.from(broken()),
      (error) => errors.push(error),
    );

    await expect(send(url)).rejects.toThrow();
    expect(errors).toMatchObject([{ code: 'UNAVAILABLE' }]);
  });

  test('is given up, in the store too, when its client leaves', async () => {
    const errors: unknown[] = [];
    const endless = new Readable({ read() {} });
    endless.push(BYTES);
    const url = await serving(
      async () => endless,
      (error) => errors.push(error),
    );

    const socket = openSocket(url);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();

    if (!endless.destroyed) await once(endless, 'close').catch(() => undefined);
    expect(endless.destroyed).toBe(true);
    await Promise.all(servers.splice(0).map((server) => server.stop(0)));
    expect(errors).toEqual([]);
  });
});
