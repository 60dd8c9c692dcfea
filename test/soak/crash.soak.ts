/** A hundred seeded crashes. SOAK_SEED sets the first seed, so that a failure can be repeated. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { crashOnce } from '../faults/crash.ts';

const first = Number(process.env['SOAK_SEED'] ?? 1000);

test.each(Array.from({ length: 100 }, (_, index) => first + index))(
  'a server killed at seed %d loses nothing',
  async (seed) => {
    const path = mkdtempSync(join(tmpdir(), 'stowage-soak-'));
    try {
      const report = await crashOnce(seed, path);

      expect(report).toMatchObject({
        wrongBytes: [],
        strays: [],
        completedAtLast: 6,
        leftovers: [],
      });
    } finally {
      rmSync(path, { recursive: true, force: true });
    }
  },
  120_000,
);
