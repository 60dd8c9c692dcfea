/** CachedPackages: what it keeps, for how long, and what it never keeps. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { addSeconds } from '../../../core/clock.ts';
import type { PackageRef } from '../../../core/names.ts';
import type { PackageState } from '../../../core/records.ts';
import { CachedPackages } from '../../../storage/dynamo/cached-packages.ts';
import { MemoryCatalog } from '../../../storage/memory/memory-catalog.ts';
import { ALL_STATES, expectedOf, fill, packageRecord } from '../catalog-contract/records.ts';

describe('packages in memory', () => {
  const record = packageRecord('a', { state: 'available' });
  let now: Date;
  let catalog: MemoryCatalog;
  let reads: number;

  beforeEach(() => {
    now = new Date('2026-01-02T03:04:05.000Z');
    catalog = new MemoryCatalog();
    reads = 0;
  });

  function cache(lifeSeconds: number, most = 100): CachedPackages {
    const counted = {
      getPackage: (ref: PackageRef) => {
        reads += 1;
        return catalog.getPackage(ref);
      },
    };
    return new CachedPackages(counted, { clock: () => now, lifeSeconds, most });
  }

  test('an available package is read once in its life', async () => {
    await fill(catalog, [record]);
    const packages = cache(5);

    for (const seconds of [0, 2, 2, 2]) {
      now = addSeconds(now, seconds);
      expect(await packages.getPackage(record)).toStrictEqual(record);
    }

    expect(reads).toBe(2);
  });

  test('a yank is in force at the end of that life', async () => {
    await fill(catalog, [record]);
    const packages = cache(5);
    await packages.getPackage(record);
    await catalog.changePackage(record, expectedOf(record), { state: 'yanked' });

    expect(await packages.getPackage(record)).toMatchObject({ state: 'available' });
    now = addSeconds(now, 5);
    expect(await packages.getPackage(record)).toMatchObject({ state: 'yanked' });
  });

  test('so is another store', async () => {
    await fill(catalog, [record]);
    const packages = cache(5);
    await packages.getPackage(record);
    await catalog.changePackage(record, expectedOf(record), { store: 's3:new' });
    now = addSeconds(now, 5);

    expect(await packages.getPackage(record)).toMatchObject({ store: 's3:new' });
  });

  test.each<[PackageState]>(
    ALL_STATES.filter((state) => state !== 'available').map((state) => [state]),
  )('a package that is %s is read every time', async (state) => {
    await fill(catalog, [packageRecord('a', { state })]);
    const packages = cache(5);

    await packages.getPackage(record);
    await packages.getPackage(record);

    expect(reads).toBe(2);
  });

  test('nothing is kept of what is not there, and nothing at all without a life', async () => {
    const packages = cache(5);
    await packages.getPackage(record);
    await fill(catalog, [record]);
    expect(await packages.getPackage(record)).toStrictEqual(record);

    const off = cache(0);
    await off.getPackage(record);
    await off.getPackage(record);
    expect(reads).toBe(4);
  });

  test('no more is kept than the bound: the oldest goes first', async () => {
    const records = ['a', 'b', 'c'].map((id) => packageRecord(id, { state: 'available' }));
    await fill(catalog, records);
    const packages = cache(5, 2);
    for (const one of records) await packages.getPackage(one);
    reads = 0;

    for (const one of records.toReversed()) await packages.getPackage(one);

    expect(reads).toBe(1);
  });
});
