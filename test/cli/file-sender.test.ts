/**
 * Slices of a local file on their way: which bytes arrive, and what becomes of a request that does
 * not end well.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fileSender } from '../../cli/push/file-sender.ts';
import { type FileSlice, LocalFile } from '../../cli/push/local-file.ts';
import { temporaryFolder } from './house.ts';

const MIB = 1024 * 1024;
const BYTES = randomBytes(5 * MIB + 17);

let folder: string;
let server: Server;
let answer: RequestListener;
let file: LocalFile;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = createServer((incoming, outgoing) => answer(incoming, outgoing)).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
beforeEach(async () => {
  await writeFile(join(folder, 'file.bin'), BYTES);
  file = await LocalFile.open(join(folder, 'file.bin'));
});
afterEach(() => file.close());
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

function put(
  slice: FileSlice,
  signal?: AbortSignal,
  onSent: (bytes: number) => void = () => undefined,
): Promise<Response> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/part?signed=yes`;
  const request = { method: 'PUT', url, headers: { 'x-signed': 'yes' }, expiresAt: '' } as const;
  return fileSender(file)(request, slice, { signal, onSent });
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('a slice of a file', () => {
  test('has just its bytes, wherever it begins and ends', async () => {
    const place = fc.integer({ min: 0, max: BYTES.length });
    await fc.assert(
      fc.asyncProperty(place, place, async (one, other) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        const hash = createHash('sha256');

        for await (const piece of file.readSlice(file.slice(start, end))) hash.update(piece);

        expect(hash.digest('hex')).toBe(sha256(BYTES.subarray(start, end)));
      }),
      { numRuns: 25 },
    );
  });

  test('of another file is not read', async () => {
    const other = { ...file.slice(0, 1), path: 'other.bin' };

    await expect(file.readSlice(other).next()).rejects.toThrow('other.bin is not ');
  });

  test('is not read to its end where the file is another by now', async () => {
    const pieces = file.readSlice(file.slice(0, 2 * MIB));
    await pieces.next();
    await appendFile(file.path, 'more');

    const rest = async () => {
      for await (const piece of pieces) void piece;
    };

    await expect(rest()).rejects.toThrow('has changed');
  });
});

describe('a slice that is sent', () => {
  test('arrives as it is, many at once, with its length and the signed headers', async () => {
    const seen: string[] = [];
    answer = async (incoming, outgoing) => {
      const body = await buffer(incoming);
      seen.push(
        `${incoming.headers['content-length']} ${incoming.headers['x-signed']} ${sha256(body)}`,
      );
      outgoing.writeHead(200, { etag: '"e"' }).end('stored');
    };
    const starts = [0, MIB, 2 * MIB, 3 * MIB];

    const answers = await Promise.all(
      starts.map((start) => put(file.slice(start, start + 2 * MIB))),
    );

    expect(
      await Promise.all(
        answers.map(async (one) => [one.status, one.headers.get('etag'), await one.text()]),
      ),
    ).toEqual(starts.map(() => [200, '"e"', 'stored']));
    const wanted = starts.map(
      (start) => `${2 * MIB} yes ${sha256(BYTES.subarray(start, start + 2 * MIB))}`,
    );
    expect(seen.toSorted()).toEqual(wanted.toSorted());
  });

  test('reports its progress', async () => {
    answer = async (incoming, outgoing) => {
      await buffer(incoming);
      outgoing.end();
    };
    const sent: number[] = [];

    await put(file.slice(0, BYTES.length), undefined, (bytes) => sent.push(bytes));

    expect(sent).toEqual([1, 2, 3, 4, 5].map((mebibytes) => mebibytes * MIB).concat(BYTES.length));
  });

  test('is given up where the answer comes before its end', async () => {
    answer = (_, outgoing) => outgoing.writeHead(403).end('refused');

    const response = await put(file.slice(0, BYTES.length));

    expect([response.status, await response.text()]).toEqual([403, 'refused']);
  });

  test('follows no redirect', async () => {
    answer = (incoming, outgoing) =>
      incoming.resume().on('end', () => outgoing.writeHead(307, { location: '/' }).end());

    expect((await put(file.slice(0, 10))).status).toBe(307);
  });

  test('over a connection that breaks fails as unreachable', async () => {
    answer = (incoming) => incoming.once('data', () => incoming.socket.destroy());

    await expect(put(file.slice(0, BYTES.length))).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  test('stops when it is aborted, with the reason of the signal', async () => {
    const stop = new AbortController();
    answer = (incoming) => incoming.once('data', () => stop.abort('enough'));

    await expect(put(file.slice(0, BYTES.length), stop.signal)).rejects.toBe('enough');
  });
});
