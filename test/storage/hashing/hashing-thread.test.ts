/** Files that are hashed in another thread. */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdtemp, open, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  HashingThread,
  hashInThread,
  ThreadHash,
} from '../../../storage/hashing/hashing-thread.ts';

const MIB = 1024 * 1024;
const SIZE = 17 * MIB + 5;
const BYTES = Buffer.alloc(SIZE, 'stowage');

let folder: string;
let path: string;
let file: FileHandle;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-hashing-'));
  path = join(folder, 'tool.bin');
  file = await open(path, 'wx+');
  await file.writeFile(BYTES);
});

afterEach(async () => {
  await file.close();
  await rm(folder, { recursive: true });
});

function sha256(start = 0, end = SIZE): string {
  return createHash('sha256').update(BYTES.subarray(start, end)).digest('hex');
}

async function threadHash(): Promise<ThreadHash> {
  const hash = await hashInThread(file.fd, SIZE, 2);
  if (hash === undefined) throw new Error('no thread was used');
  return hash;
}

test('a file is hashed range by range and as a whole, also beside another one', async () => {
  const [one, other] = [await threadHash(), await threadHash()];

  const digests = Promise.all([
    one.next(0, 3 * MIB, true),
    other.next(0, SIZE, false),
    one.next(3 * MIB, SIZE, true),
    one.whole(),
    other.whole(),
  ]);

  expect(await digests).toEqual([sha256(0, 3 * MIB), '', sha256(3 * MIB), sha256(), sha256()]);
});

test('one core, and a small file, need no other thread', async () => {
  expect(await hashInThread(file.fd, SIZE, 1)).toBeUndefined();
  expect(await hashInThread(file.fd, MIB, 8)).toBeUndefined();
});

test('a file that ends earlier has no hash, whatever is asked next', async () => {
  const hash = await threadHash();
  await truncate(path, 4 * MIB);

  await expect(hash.next(0, SIZE, false)).rejects.toMatchObject({
    code: 'INTERNAL',
    message: `hashing failed: Error: the file ends at byte ${4 * MIB}, expected ${SIZE} bytes`,
  });
  await expect(hash.next(SIZE, SIZE + 1, false)).rejects.toMatchObject({ code: 'INTERNAL' });
});

test('a range that does not begin where the last one ended is refused', async () => {
  const hash = await threadHash();
  await hash.next(0, MIB, false);

  await expect(hash.next(2 * MIB, SIZE, false)).rejects.toMatchObject({
    message: `hashing failed: Error: the range begins at byte ${2 * MIB}, expected ${MIB}`,
  });
});

test('a thread that ends gives an error to all that wait for it, and to all that ask later', async () => {
  const worker = new Worker(
    'require("node:worker_threads").parentPort.once("message", process.exit)',
    {
      eval: true,
    },
  );
  const hash = new ThreadHash(new HashingThread(worker), 1, file.fd);
  const ended = {
    code: 'INTERNAL',
    message: 'a hashing thread ended before its file was hashed; try again',
  };

  const asked = [hash.next(0, MIB, true), hash.whole()];
  asked.forEach((one) => void one.catch(() => undefined));

  for (const one of asked) await expect(one).rejects.toMatchObject(ended);
  await expect(hash.whole()).rejects.toMatchObject(ended);
  await hash.settled();
});
