/** 2,000 seeded bit flips in stored files; SOAK_SEED sets the first seed, so that a failure can be repeated. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { flipBits } from '../faults/bit-flips.ts';

const first = Number(process.env['SOAK_SEED'] ?? 1000);

test.each(Array.from({ length: 10 }, (_, index) => first + index))(
  'no flipped bit of seed %d is sent unnoticed',
  async (seed) => {
    const folder = mkdtempSync(join(tmpdir(), 'stowage-soak-flips-'));
    try {
      expect(await flipBits(seed, 200, folder)).toMatchObject({
        flips: 200,
        wrong: [],
        refusedAfterScrub: 200,
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  600_000,
);
