/**
 * A file of more than 4 GiB: no size of it fits into 32 bits, and Node's `openAsBlob` reports it
 * modulo 2^32. `npm run soak` sends such files on every path.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { LocalFile } from '../../cli/push/local-file.ts';
import { makeSparseFile } from '../support/sparse-file.ts';
import { temporaryFolder } from './house.ts';

const FOUR_GIB = 2 ** 32;
const SIZE = FOUR_GIB + 10;

test('a file of 4 GiB and 10 bytes has its size, and a slice of it the bytes beyond 4 GiB', async () => {
  const folder = await temporaryFolder();
  try {
    await makeSparseFile(join(folder, 'big.bin'), SIZE, {
      0: 'first bytes',
      [FOUR_GIB]: 'last bytes',
    });
    const file = await LocalFile.open(join(folder, 'big.bin'));
    try {
      const pieces: string[] = [];
      for await (const piece of file.readSlice(file.slice(FOUR_GIB - 5, SIZE)))
        pieces.push(piece.toString());

      expect(file.size).toBe(SIZE);
      expect(pieces.join('')).toBe('\0\0\0\0\0last bytes');
    } finally {
      await file.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
