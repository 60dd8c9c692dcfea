import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { flipMany, tally } from './catalog-flips.ts';

test('of 150 single flipped bits in a catalog, each is harmless or reported', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-flips-'));
  try {
    const judged = await flipMany(folder, 10, 150);

    expect(judged.filter(({ outcome }) => outcome === 'wrong')).toEqual([]);
    expect(Object.keys(tally(judged))).toEqual(
      expect.arrayContaining(['harmless', 'start refused', 'record reported']),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
