/** Reading into memory from a file on disk that changes in the meantime, or is not a file. */
import {
  appendFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { BlobInfo } from '../../core/ports/blob-store.ts';
import { bytesOf, keyOf, put, takeAway, withCode } from './blob-contract/harness.ts';
import { type DiskHarness, openDiskHarness } from './disk-harness.ts';

describe('reading into memory from a file on disk', () => {
  const key = keyOf('linux-x64.tar.gz');
  const bytes = bytesOf(3_000_000);
  let harness: DiskHarness;
  let file: string;
  let version: BlobInfo;

  beforeEach(async () => {
    harness = await openDiskHarness();
    file = join(harness.root, key);
    version = await put(harness.store, key, bytes);
  });

  afterEach(async () => {
    await takeAway(harness.store, key);
    await harness.close();
  });

  test.each([
    ['grows', () => appendFileSync(file, 'more')],
    ['truncated', () => truncateSync(file, 2_000_000)],
    ['written again', () => writeFileSync(file, bytes)],
  ])('that is %s in the meantime is refused', async (_what, change) => {
    let pieces = 0;

    const reading = harness.store.readInto(
      key,
      Buffer.alloc(bytes.length),
      { start: 0, version },
      () => {
        pieces += 1;
        if (pieces === 1) change();
      },
    );

    await expect(reading).rejects.toEqual(withCode('CONFLICT'));
  });

  test('behind a symbolic link is NOT_FOUND', async () => {
    const aside = join(harness.root, 'aside');
    renameSync(file, aside);
    symlinkSync(aside, file);

    const reading = harness.store.readInto(
      key,
      Buffer.alloc(bytes.length),
      { start: 0, version },
      () => {},
    );

    await expect(reading).rejects.toEqual(withCode('NOT_FOUND'));
    unlinkSync(file);
    renameSync(aside, file);
  });
});
