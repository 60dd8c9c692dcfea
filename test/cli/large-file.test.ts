/**
 * A file of more than 4 GiB: no size of it fits into 32 bits, and Node's `openAsBlob` reports it
 * modulo 2^32. `npm run soak` has larger ones.
 */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LocalFile } from '../../cli/push/local-file.ts';
import { ServerProcess } from '../support/server-process.ts';
import { makeSparseFile, textAt } from '../support/sparse-file.ts';
import { jsonLines, runCli, temporaryFolder } from './house.ts';

const FOUR_GIB = 2 ** 32;
const SIZE = FOUR_GIB + 10;
/** What `sha256sum` says of it. */
const SHA256 = '08f49f82f611d64cabbdbd1b3f28e144f08443c67df446463b003cd11cb51195';

let folder: string;
let server: ServerProcess;
beforeAll(async () => {
  folder = await temporaryFolder();
  await makeSparseFile(join(folder, 'big.bin'), SIZE, {
    0: 'first bytes',
    [FOUR_GIB]: 'last bytes',
  });
  server = await ServerProcess.start(join(folder, 'storage'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function stowage(...words: readonly string[]) {
  const env = {
    STOWAGE_URL: server.url,
    STOWAGE_TOKEN: server.adminToken,
    STORAGE_LOCAL_PATH: server.path,
  };
  return runCli(words, { cwd: folder, env });
}

describe('a file of 4 GiB and 10 bytes', () => {
  test('has its size, and a slice of it the bytes beyond 4 GiB', async () => {
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
  });

  test('is pushed, verified and pulled whole', async () => {
    const pushed = await stowage('push', 'big.bin', '--version', '1.0.0', '--json');

    expect(pushed.stderr).toBe('');
    const published = {
      outcome: 'published',
      sentBytes: SIZE,
      package: { size: SIZE, sha256: SHA256 },
    };
    expect(jsonLines(pushed.stdout)).toMatchObject([published]);
    const stored = join(server.path, 'packages/1.0.0/big.bin');
    expect((await stat(stored)).size).toBe(SIZE);
    expect(await textAt(stored, FOUR_GIB, 10)).toBe('last bytes');

    const verified = await stowage('verify');

    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^1 ok \(4\.0 GiB\), 0 touched, 0 corrupt/),
    });

    const pulled = await stowage('pull', '1.0.0/big.bin', '--out', 'out', '--json');

    expect(pulled.stderr).toBe('');
    expect(jsonLines(pulled.stdout)).toMatchObject([
      { outcome: 'pulled', size: SIZE, sha256: SHA256 },
    ]);
    expect((await stat(join(folder, 'out/big.bin'))).size).toBe(SIZE);
    expect(await textAt(join(folder, 'out/big.bin'), FOUR_GIB, 10)).toBe('last bytes');
  });
});
