/** A file of more than 4 GiB: no size of it fits into 32 bits, and Node's `openAsBlob` reports it modulo 2^32. */
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { LocalFile } from '../../cli/push/local-file.ts';
import { House, jsonLines } from './house.ts';

// Hashing and copying twelve gigabytes takes as long as the machine needs.
jest.setTimeout(600_000);

const FOUR_GIB = 2 ** 32;
const SIZE = FOUR_GIB + 10;
/** What `sha256sum` says of it. */
const SHA256 = '08f49f82f611d64cabbdbd1b3f28e144f08443c67df446463b003cd11cb51195';

let house: House;
let path: string;
beforeAll(async () => {
  house = await House.open();
  path = await house.write('big.bin', 'first bytes');
  await writeAt(path, FOUR_GIB, 'last bytes');
});
afterAll(() => house.close());

/** What is between stays a hole, which takes no room. */
async function writeAt(file: string, position: number, text: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write(text, position);
  await handle.close();
}

async function textAt(file: string, position: number, length: number): Promise<string> {
  const handle: FileHandle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
    return buffer.toString();
  } finally {
    await handle.close();
  }
}

describe('a file of 4 GiB and 10 bytes', () => {
  test('has its size, and a slice of it the bytes beyond 4 GiB', async () => {
    const file = await LocalFile.open(path);
    try {
      const pieces: string[] = [];
      for await (const piece of file.readSlice(file.slice(FOUR_GIB - 5, SIZE))) pieces.push(piece.toString());

      expect(file.size).toBe(SIZE);
      expect(pieces.join('')).toBe('\0\0\0\0\0last bytes');
    } finally {
      await file.close();
    }
  });

  test('is pushed, verified and pulled whole', async () => {
    const pushed = await house.stowage(['push', path, '--version', '1.0.0', '--json']);
    expect(pushed.stderr).toBe('');
    expect(jsonLines(pushed.stdout)).toEqual([
      expect.objectContaining({
        outcome: 'published',
        sentBytes: SIZE,
        package: expect.objectContaining({ size: SIZE }),
      }),
    ]);
    const stored = house.path('storage/packages/1.0.0/big.bin');
    expect((await stat(stored)).size).toBe(SIZE);
    expect(await textAt(stored, FOUR_GIB, 10)).toBe('last bytes');

    const pulled = await house.stowage(['pull', '1.0.0/big.bin', '--out', house.path('out'), '--json']);
    expect(pulled.stderr).toBe('');
    expect(jsonLines(pulled.stdout)).toEqual([
      expect.objectContaining({ outcome: 'pulled', size: SIZE, sha256: SHA256 }),
    ]);
    const out = house.path('out/big.bin');
    expect((await stat(out)).size).toBe(SIZE);
    expect(await textAt(out, FOUR_GIB, 10)).toBe('last bytes');
    await rm(out);

    const verified = await house.stowage(['verify'], { env: { STORAGE_LOCAL_PATH: house.path('storage') } });
    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^1 ok \(4\.0 GiB\), 0 touched, 0 corrupt/),
    });
  });
});
