/** Contract: the order, the filters and the pages of lists. */
import { describe, expect, test } from '@jest/globals';
import { parsePackageId, parseVersionId } from '../../../core/names.ts';
import type { PageRequest } from '../../../core/ports/catalog.ts';
import {
  ALL_STATES,
  at,
  type CatalogHarness,
  everyItem,
  fill,
  namesOf,
  packageRecord,
  V1,
} from './records.ts';

/**
 * In the order of bytes: `-` 2D, digits 30, capitals 41, `_` 5F, small letters 61; shorter names
 * first.
 */
const IN_ORDER = [
  '0',
  '00',
  '9',
  'A',
  'A-',
  'A-a',
  'A0',
  'AZ',
  'A_',
  'Aa',
  'Z',
  'a',
  'a-b',
  'a0',
  'aB',
  'a_b',
  'ab',
  'b',
];

export function describePackageLists(harness: () => CatalogHarness): void {
  const list =
    (version = V1) =>
    (page: PageRequest) =>
      harness().catalog.listPackages(version, ALL_STATES, page);

  describe('listing packages', () => {
    test('a missing version lists nothing', async () => {
      expect(await list()({ limit: 1 })).toStrictEqual({ items: [] });
    });

    test.each([1, 2, 7, 1000])('by the bytes of the packageId, in pages of %d', async (limit) => {
      const { catalog, settled } = harness();
      await fill(
        catalog,
        IN_ORDER.toReversed().map((id) => packageRecord(id)),
      );
      await settled();

      expect(namesOf(await everyItem(list(), limit))).toEqual(IN_ORDER);
    });

    test('a version lists its own packages, and none of versions with similar names', async () => {
      const { catalog, settled } = harness();
      const versions = ['1', '1.0', '1.0.0', '1.0.0-rc', '1.0.00', '1.0.0+b', '1.0.0_b'];
      await fill(
        catalog,
        versions.map((version) => packageRecord('a', {}, version)),
      );
      await settled();

      for (const version of versions) {
        expect(await everyItem(list(parseVersionId(version)), 10)).toStrictEqual([
          packageRecord('a', {}, version),
        ]);
      }
    });

    test('a list has only packages in the states that were asked for', async () => {
      const { catalog, settled } = harness();
      const records = Array.from({ length: 30 }, (_, index) =>
        packageRecord(`p${String(index).padStart(2, '0')}`, {
          state: ALL_STATES[index % 6] ?? 'pending',
        }),
      );
      await fill(catalog, records);
      await settled();

      for (const states of [['available', 'yanked'], ['deleted'], ALL_STATES, []] as const) {
        const found = await everyItem((page) => catalog.listPackages(V1, states, page), 4);
        expect(found).toStrictEqual(
          records.filter((record) => states.some((state) => state === record.state)),
        );
      }
    });

    test('a list continues after a package that was removed in the meantime', async () => {
      const { catalog, settled } = harness();
      await fill(
        catalog,
        ['a', 'b', 'c'].map((id) => packageRecord(id)),
      );
      await settled();
      const first = await list()({ limit: 2 });
      expect(namesOf(first.items)).toEqual(['a', 'b']);

      await catalog.removePackage(packageRecord('b'), {
        attemptId: 'attempt-1',
        states: ['pending'],
      });
      await settled();

      const after = first.next ?? 'a full page with more behind it has a next';
      expect(namesOf((await list()({ limit: 2, after })).items)).toEqual(['c']);
    });

    test('a change shows in the list', async () => {
      const { catalog, settled } = harness();
      const record = packageRecord('a');
      await catalog.createPackage(record);

      const changed = await catalog.changePackage(
        record,
        { attemptId: 'attempt-1', states: ['pending'] },
        { state: 'available' },
      );
      await settled();

      expect((await catalog.listPackages(V1, ['available'], { limit: 1 })).items).toStrictEqual([
        changed,
      ]);
      expect((await catalog.listPackages(V1, ['pending'], { limit: 1 })).items).toStrictEqual([]);
    });
  });

  describe('reading many packages', () => {
    test('in the order asked, with undefined for missing ones, and twice if asked twice', async () => {
      const { catalog } = harness();
      await fill(catalog, [
        packageRecord('a'),
        packageRecord('b'),
        packageRecord('c', {}, '2.0.0'),
      ]);

      const ids = ['b', 'none', 'a', 'c', 'b'].map(parsePackageId);

      expect(await catalog.getPackages(V1, ids)).toStrictEqual([
        packageRecord('b'),
        undefined,
        packageRecord('a'),
        undefined,
        packageRecord('b'),
      ]);
      expect(await catalog.getPackages(V1, [])).toStrictEqual([]);
    });

    test('100 at a time', async () => {
      const { catalog } = harness();
      const records = Array.from({ length: 100 }, (_, index) =>
        packageRecord(`p${(index * 37) % 100}`),
      );
      await fill(catalog, records);

      const read = await catalog.getPackages(
        V1,
        records.map((record) => record.packageId),
      );

      expect(read).toStrictEqual(records);
    });
  });
}

export function describeVersionLists(harness: () => CatalogHarness): void {
  const list = (page: PageRequest) => harness().catalog.listVersions(page);

  describe('listing versions', () => {
    test.each([1, 2, 1000])(
      'newest first, then by versionId downwards, in pages of %d',
      async (limit) => {
        const { catalog, settled } = harness();
        const newestFirst = [
          ['0.9', 7],
          ['a', 5],
          ['Z', 5],
          ['2_0', 5],
          ['2.0', 5],
          ['2-0', 5],
          ['2+0', 5],
          ['2', 5],
          ['10', 5],
          ['1.0', 4],
          ['1.1', 3],
        ] as const;
        const shuffled = newestFirst.map(
          (_, index) => newestFirst[(index * 7) % newestFirst.length] ?? newestFirst[0],
        );
        await fill(
          catalog,
          shuffled.map(([version, seconds]) =>
            packageRecord('a', { createdAt: at(seconds) }, version),
          ),
        );
        await settled();

        expect(await everyItem(list, limit)).toStrictEqual(
          newestFirst.map(([version, seconds]) => ({ versionId: version, createdAt: at(seconds) })),
        );
      },
    );
  });
}
