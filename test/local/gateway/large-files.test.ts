/** Downloads of large files from the gateway: every byte is right, and memory use stays low. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { keyOf, put, TTL_SECONDS, takeAway } from '../../storage/blob-contract/harness.ts';
import { type DiskHarness, openDiskHarness } from '../../storage/disk-harness.ts';

const MIB = 1024 * 1024;
const KEY = keyOf('linux-x64.tar.gz');
const BYTES = randomBytes(24 * MIB + 7);
const TERMS = { contentType: 'application/gzip', contentDisposition: 'attachment' };

interface Received {
  readonly sha256: string;
  readonly peakMib: number;
}

/** The body of an answer, by a client that makes no buffers of its own. */
async function received(url: string): Promise<Received> {
  const { hostname, port, pathname, search } = new URL(url);
  const hash = createHash('sha256');
  const before = process.memoryUsage().arrayBuffers;
  let head = '';
  let peak = 0;
  const callback = (length: number, memory: Uint8Array): boolean => {
    let piece = Buffer.from(memory.buffer, memory.byteOffset, length);
    if (!head.includes('\r\n\r\n')) {
      const end = piece.indexOf('\r\n\r\n') + 4;
      head += piece.toString('latin1', 0, end);
      piece = piece.subarray(end);
    }
    hash.update(piece);
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    return true;
  };
  const onread = { buffer: new Uint8Array(256 * 1024), callback };
  const socket = connect({ host: hostname, port: Number(port), onread });
  socket.write(
    `GET ${pathname}${search} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nconnection: close\r\n\r\n`,
  );
  await once(socket, 'close');
  expect(head).toMatch(/^HTTP\/1\.1 200 /);
  return { sha256: hash.digest('hex'), peakMib: peak / MIB };
}

describe('a large file', () => {
  let harness: DiskHarness;
  beforeEach(async () => {
    harness = await openDiskHarness({});
    await put(harness.store, KEY, BYTES);
  });
  afterEach(async () => {
    await takeAway(harness.store, KEY);
    await harness.close();
  });

  test('is sent as it is, again and to several at once, without its memory gathering', async () => {
    const { url } = await harness.store.signDownload(KEY, TERMS, TTL_SECONDS);
    const sha256 = createHash('sha256').update(BYTES).digest('hex');

    const alone = await received(url);
    const together = await Promise.all([received(url), received(url), received(url)]);

    expect([alone, ...together].map((one) => one.sha256)).toEqual([sha256, sha256, sha256, sha256]);
    expect(alone.peakMib).toBeLessThan(4);
  });
});
