/** Seals against everything that publishes, at the same moment. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { MemoryCatalog } from '../../../storage/memory/memory-catalog.ts';
import { SqliteCatalog } from '../../../storage/sqlite/sqlite-catalog.ts';
import { faultsOf, type RaceReport, sealingRace } from './sealing-race.ts';

async function race(first: number, count: number, open: (seed: number) => Promise<RaceReport>) {
  const wrong: string[] = [];
  let sealed = 0;
  for (let seed = first; seed < first + count; seed += 1) {
    const report = await open(seed);
    if (report.atSeal !== undefined) sealed += 1;
    wrong.push(...faultsOf(report).map((fault) => `seed ${seed}: ${fault}`));
  }
  return { wrong, sealed };
}

describe('300 races of seals, creates, completions, events and sweeps', () => {
  test('in memory: a sealed version gains no file, its statement names what is there, and one that was not sealed is open again', async () => {
    const { wrong, sealed } = await race(1, 150, (seed) =>
      sealingRace(seed, new MemoryCatalog(), false),
    );

    expect(wrong).toEqual([]);
    expect(sealed).toBeGreaterThan(30);
    expect(sealed).toBeLessThan(130);
  });

  test('with crashes: the same, once a minute has passed', async () => {
    const { wrong, sealed } = await race(1001, 135, (seed) =>
      sealingRace(seed, new MemoryCatalog(), true),
    );

    expect(wrong).toEqual([]);
    expect(sealed).toBeGreaterThan(3);
  });

  test('in SQLite: the same', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stowage-seals-'));
    try {
      const { wrong, sealed } = await race(2001, 15, async (seed) => {
        const catalog = SqliteCatalog.open({ path: join(folder, `${seed}.db`) });
        try {
          return await sealingRace(seed, catalog, false);
        } finally {
          await catalog.close();
        }
      });

      expect(wrong).toEqual([]);
      expect(sealed).toBeGreaterThan(3);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
