/** A push of a file that another program writes to while it is hashed. */
import { appendFileSync, truncateSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Session } from '../../cli/command/cli.ts';
import { Output } from '../../cli/output/output.ts';
import { hashFile } from '../../cli/push/hash-file.ts';
import { pushFile } from '../../cli/push/push-file.ts';
import { StowageClient } from '../../client/stowage-client.ts';
import { temporaryFolder } from './house.ts';

const MIB = 1024 * 1024;

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => rm(folder, { recursive: true }));

const SILENT = { show: () => undefined, end: () => undefined };

/** A session that sends nothing; `onPiece` runs after each piece that was hashed. */
function sessionThat(onPiece: () => void): Session {
  const fetch = () => Promise.reject(new Error('nothing may be sent'));
  const url = 'http://127.0.0.1';
  const { signal } = new AbortController();
  signal.throwIfAborted = onPiece;
  return {
    client: new StowageClient({ url, fetch, retry: { retries: 0 } }),
    connection: {
      url,
      urlFrom: 'the test',
      token: undefined,
      tokenFrom: undefined,
      tokenPlaces: [],
    },
    output: new Output({ stdout: new PassThrough(), stderr: new PassThrough() }, true),
    signal,
    reach: async () => undefined,
  };
}

describe('a file that is hashed', () => {
  test.each([
    ['shrinks', 8 * MIB, (path: string) => truncateSync(path, 2 * MIB)],
    ['grows', 8 * MIB, (path: string) => appendFileSync(path, 'more')],
    ['shrinks', 48 * MIB, (path: string) => truncateSync(path, 2 * MIB)],
    ['grows', 48 * MIB, (path: string) => appendFileSync(path, 'more')],
  ])('and %s meanwhile is not announced, at %d bytes', async (name, size, change) => {
    const path = join(folder, `${name}-${size}`);
    await writeFile(path, Buffer.alloc(size, 1));
    let pieces = 0;
    const session = sessionThat(() => {
      pieces += 1;
      if (pieces === 1) change(path);
    });
    const item = { path, filename: 'tool.bin', platform: {} };

    const pushing = hashFile(session, item, SILENT);

    await expect(pushing).rejects.toMatchObject({
      code: 'FILE_CHANGED',
      message: `${path} changed while it was read`,
      hint: expect.stringContaining('nothing of it was published'),
    });
  });
});

test('a file that changes after it was hashed is not announced', async () => {
  const path = join(folder, 'late');
  await writeFile(path, 'as it was');
  const session = sessionThat(() => undefined);
  const item = await hashFile(session, { path, filename: 'late', platform: {} }, SILENT);
  appendFileSync(path, 'more');
  const options = { versionId: '1.0.0', metadata: {}, concurrency: 1, method: undefined };
  let announced = 0;

  const pushing = pushFile(session, item, options, SILENT, () => {
    announced += 1;
  });

  await expect(pushing).rejects.toMatchObject({
    code: 'FILE_CHANGED',
    message: `${path} changed after it was read`,
  });
  // Those that wait for its turn to be over go on.
  expect(announced).toBe(1);
});
