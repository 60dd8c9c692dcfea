/** A hundred seeded bit flips; `npm run soak` has thousands. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { flipBits } from './bit-flips.ts';

test('of 100 bit flips in stored files none is ever sent unnoticed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-flips-'));
  try {
    const { flips, wrong, refusedAfterScrub, refusedAtOnce } = await flipBits(1, 100, folder);

    expect({ flips, wrong, refusedAfterScrub }).toEqual({
      flips: 100,
      wrong: [],
      refusedAfterScrub: 100,
    });
    expect(refusedAtOnce).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
