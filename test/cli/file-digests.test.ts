/** The digests of a file that is hashed while it is sent. */
import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { FileDigests } from '../../cli/push/file-digests.ts';

const MIB = 1024 * 1024;
const PART_BYTES = 16 * MIB;
/** Three parts. */
const FILE = Buffer.alloc(2 * PART_BYTES + 5, 'abc');

/** A file in memory, which counts what was read of it. */
class CountedFile {
  readonly path = 'tool.bin';
  readonly size = FILE.length;
  readonly ranges: (readonly [number, number])[] = [];
  isOther = false;
  readonly lastRead = Promise.withResolvers<void>();

  async *read(start = 0, end = FILE.length): AsyncGenerator<Buffer> {
    this.ranges.push([start, end]);
    if (end === FILE.length) this.lastRead.resolve();
    for (let at = start; at < end; at += MIB) yield FILE.subarray(at, Math.min(at + MIB, end));
  }

  async hasChanged(): Promise<boolean> {
    return this.isOther;
  }
}

const ignore = () => undefined;

function sha256(start: number, end = FILE.length): string {
  return createHash('sha256').update(FILE.subarray(start, end)).digest('hex');
}

test('are made in one pass, in whatever order the parts are asked for, and again', async () => {
  const file = new CountedFile();
  const digests = new FileDigests(file, ignore);

  const third = digests.ofPart(3, PART_BYTES);
  const first = digests.ofPart(1, PART_BYTES);
  const whole = digests.ofWhole();

  expect(await Promise.all([first, third, whole])).toEqual([
    sha256(0, PART_BYTES),
    sha256(2 * PART_BYTES),
    sha256(0),
  ]);
  expect(await digests.ofPart(2, PART_BYTES)).toBe(sha256(PART_BYTES, 2 * PART_BYTES));
  expect(await digests.ofWhole()).toBe(sha256(0));
  expect(file.ranges).toEqual([
    [0, PART_BYTES],
    [PART_BYTES, 2 * PART_BYTES],
    [2 * PART_BYTES, FILE.length],
  ]);
});

test('are made of the next parts while one is sent', async () => {
  const file = new CountedFile();

  await new FileDigests(file, ignore).ofPart(1, PART_BYTES);

  await expect(file.lastRead.promise).resolves.toBeUndefined();
});

test('of the whole is refused if the file has changed', async () => {
  const file = new CountedFile();
  const digests = new FileDigests(file, ignore);
  await digests.ofPart(1, PART_BYTES);
  file.isOther = true;

  await expect(digests.ofWhole()).rejects.toThrow('tool.bin has changed');
});

test('are right where the service cuts the file in another way', async () => {
  const digests = new FileDigests(new CountedFile(), ignore);

  expect(await digests.ofPart(2, 20 * MIB)).toBe(sha256(20 * MIB));
  expect(await digests.ofWhole()).toBe(sha256(0));
});

test('end with the error that stops the reading', async () => {
  const digests = new FileDigests(new CountedFile(), () => {
    throw new Error('interrupted');
  });

  await expect(digests.ofPart(2, PART_BYTES)).rejects.toThrow('interrupted');
  await expect(digests.ofWhole()).rejects.toThrow('interrupted');
});

test('a hashing thread that ends is an error for each part and for the whole', async () => {
  const ended = new Error('the thread ended');
  const fails = async () => {
    throw ended;
  };
  const thread = { next: fails, whole: fails, settled: async () => undefined };
  const file = Object.assign(new CountedFile(), { hashInThread: async () => thread as never });
  const digests = new FileDigests(file, ignore);

  await expect(digests.ofPart(1, PART_BYTES)).rejects.toBe(ended);
  await expect(digests.ofPart(3, PART_BYTES)).rejects.toBe(ended);
  await expect(digests.ofWhole()).rejects.toBe(ended);
  expect(file.ranges).toEqual([]);
});
