/**
 * How the body of an upload is written to a file: its memory is freed after the bytes are written.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { GatewayBody } from '../../local/gateway/gateway-body.ts';
import { BodyReader, type ByteSource } from '../../storage/disk/incoming/body-reader.ts';
import { writeBody } from '../../storage/disk/incoming/body-writer.ts';

const PIECE = 512 * 1024;

let folder: string;
let file: FileHandle;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-body-'));
  file = await open(join(folder, 'file'), 'w+');
});
afterEach(async () => {
  await file.close();
  await rm(folder, { recursive: true });
});

test('each chunk is given back once, after it was written, and in order', async () => {
  const pieces = [PIECE, PIECE, 17].map((length) => Buffer.allocUnsafeSlow(length).fill(length));
  const seen: string[] = [];
  const source: ByteSource = {
    async *[Symbol.asyncIterator]() {
      yield* pieces;
    },
    giveBack: (bytes) =>
      seen.push(`back ${pieces.map(({ buffer }) => buffer).indexOf(bytes.buffer as ArrayBuffer)}`),
  };
  const watched = new Proxy(file, {
    get(target, name) {
      if (name !== 'writev') return Reflect.get(target, name, target).bind(target);
      return async (buffers: readonly Uint8Array[], offset: number) => {
        const done = await target.writev([...buffers], offset);
        seen.push(`written ${offset / PIECE}`);
        return done;
      };
    },
  });

  await writeBody(new BodyReader(source), watched, { offset: 0, size: 2 * PIECE + 17 });

  expect(seen).toEqual(['written 0', 'back 0', 'written 1', 'back 1', 'written 2', 'back 2']);
  expect(Buffer.concat(pieces).equals(await readFile(join(folder, 'file')))).toBe(true);
});

test('a large body over a connection arrives unchanged, and memory does not grow with it', async () => {
  const bytes = randomBytes(24 * 1024 * 1024);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  let peak = 0;
  const server = createServer(async (incoming, answer) => {
    const before = process.memoryUsage().arrayBuffers;
    const body = new GatewayBody(incoming, 60);
    incoming.on('data', () => {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    });
    await writeBody(new BodyReader(body), file, { offset: 0, size: bytes.length, sha256 });
    body.release();
    answer.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const put = request({
    port: (server.address() as AddressInfo).port,
    method: 'PUT',
    agent: false,
  }).end(bytes);
  const [answer] = await once(put, 'response');
  answer.resume();
  server.close();
  await once(server, 'close');

  expect(
    createHash('sha256')
      .update(await readFile(join(folder, 'file')))
      .digest('hex'),
  ).toBe(sha256);
  expect(peak / 1024 / 1024).toBeLessThan(4);
});
