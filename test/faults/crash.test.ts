/** Killed with SIGKILL in the middle of concurrent pushes: four seeded moments here, a hundred in `npm run soak`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { crashOnce } from './crash.ts';

describe('a killed server', () => {
  test.each([1, 2, 3, 4])(
    'loses nothing and keeps nothing half (seed %d)',
    async (seed) => {
      const path = mkdtempSync(join(tmpdir(), 'stowage-crash-'));
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
    60_000,
  );
});
