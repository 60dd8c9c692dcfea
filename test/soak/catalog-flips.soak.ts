import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { flipMany, tally } from '../faults/catalog-flips.ts';

jest.setTimeout(3_600_000);

const seed = Number(process.env['SOAK_SEED'] ?? Date.now() % 1_000_000);

test(`of 2,000 single flipped bits in a catalog, each is harmless or reported (SOAK_SEED=${seed})`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-flips-'));
  try {
    const judged = await flipMany(folder, seed, 2000);

    console.log(`seed ${seed}: ${JSON.stringify(tally(judged))}`);
    expect(judged.filter(({ outcome }) => outcome === 'wrong')).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
