/** Contract: more records than any page or request holds. */
import { describe, expect, test } from '@jest/globals';
import type { PageRequest } from '../../../core/ports/catalog.ts';
import {
  ALL_STATES,
  at,
  type CatalogHarness,
  everyItem,
  everyUnfinished,
  expectedOf,
  fill,
  namesOf,
  packageRecord,
  V1,
} from './records.ts';

export function describeThousands(harness: () => CatalogHarness): void {
  const listPackages = (page: PageRequest) => harness().catalog.listPackages(V1, ALL_STATES, page);
  const listVersions = (page: PageRequest) => harness().catalog.listVersions(page);

  describe('of many records', () => {
    test('1,001 packages come in pages of up to 1,000, each once', async () => {
      const { catalog, settled } = harness();
      const records = Array.from({ length: 1001 }, (_, index) =>
        packageRecord(`p${String(index).padStart(4, '0')}`),
      );
      await fill(catalog, records);
      await settled();

      const first = await listPackages({ limit: 1000 });

      expect(first.next).toEqual(expect.any(String));
      expect(await everyItem(listPackages, 1000)).toStrictEqual(records);
      expect(await everyItem(listPackages, 143)).toStrictEqual(records);
    });

    test('1,001 versions come in pages of up to 1,000, each once', async () => {
      const { catalog, settled } = harness();
      const records = Array.from({ length: 1001 }, (_, index) =>
        packageRecord(
          'a',
          { createdAt: at(Math.floor(index / 10)) },
          `v${String(index).padStart(4, '0')}`,
        ),
      );
      await fill(catalog, records);
      await settled();

      const versions = await everyItem(listVersions, 1000);

      expect(versions).toStrictEqual(
        records.map(({ versionId, createdAt }) => ({ versionId, createdAt })).toReversed(),
      );
    });

    test('1,001 unfinished packages are streamed while they are finished, removed or touched', async () => {
      const { catalog, settled } = harness();
      const records = Array.from({ length: 1001 }, (_, index) =>
        packageRecord(`p${String(index).padStart(4, '0')}`, {
          touchedAt: at(Math.floor(index / 300)),
        }),
      );
      await fill(catalog, records);
      await settled();

      const seen: string[] = [];
      const writes: Promise<unknown>[] = [];
      for await (const record of catalog.unfinished(at(10))) {
        seen.push(record.packageId);
        const expected = expectedOf(record);
        if (seen.length % 3 === 0) writes.push(catalog.removePackage(record, expected));
        else if (seen.length % 3 === 1)
          writes.push(catalog.changePackage(record, expected, { state: 'available' }));
        else writes.push(catalog.changePackage(record, expected, { touchedAt: at(11) }));
        if (seen.length % 50 === 0) await Promise.all(writes.splice(0));
      }
      await Promise.all(writes);
      await settled();

      expect(seen.sort()).toEqual(namesOf(records));
      expect(await everyUnfinished(catalog, at(10))).toEqual([]);
      expect(await everyUnfinished(catalog, at(11))).toHaveLength(334);
    });
  });
}
