/** Contract: the sweep gets all unfinished packages and no others, the oldest first. */
import { describe, expect, test } from '@jest/globals';
import {
  ALL_STATES,
  at,
  type CatalogHarness,
  everyUnfinished,
  expectedOf,
  fill,
  namesOf,
  packageRecord,
} from './records.ts';

export function describePendingBytes(harness: () => CatalogHarness): void {
  describe('pending bytes', () => {
    test('are those of uploads pending or verifying, by the token that began them', async () => {
      const { catalog, settled } = harness();
      const large = 5 * 1024 ** 4;
      await fill(
        catalog,
        ALL_STATES.map((state) => packageRecord(state, { state, size: 10 })),
      );
      await fill(catalog, [packageRecord('purging', { state: 'deleted', purging: true })]);
      await fill(
        catalog,
        Array.from({ length: 30 }, (_, index) =>
          packageRecord(`p${index}`, { createdBy: 'other001', size: large }),
        ),
      );
      await settled();

      expect(new Map([...(await catalog.pendingBytes())].toSorted())).toEqual(
        new Map([
          ['maker001', 20],
          ['other001', 30 * large],
        ]),
      );
    });

    test('change as uploads begin and end', async () => {
      const { catalog, settled } = harness();
      const record = packageRecord('a', { size: 10 });
      expect(await catalog.pendingBytes()).toEqual(new Map());

      await catalog.createPackage(record);
      await settled();
      expect(await catalog.pendingBytes()).toEqual(new Map([['maker001', 10]]));
      await catalog.changePackage(record, expectedOf(record), { state: 'rejected' });
      await settled();
      expect(await catalog.pendingBytes()).toEqual(new Map());
      await catalog.createPackage(
        { ...record, size: 30 },
        { attemptId: record.attemptId, states: ['rejected'] },
      );
      await settled();
      expect(await catalog.pendingBytes()).toEqual(new Map([['maker001', 30]]));
      await catalog.removePackage(record, expectedOf(record));
      await settled();

      expect(await catalog.pendingBytes()).toEqual(new Map());
    });
  });
}

export function describeUnfinished(harness: () => CatalogHarness): void {
  describe('unfinished packages', () => {
    test('are those pending, verifying, or deleted and purging', async () => {
      const { catalog, settled } = harness();
      await fill(
        catalog,
        ALL_STATES.map((state) => packageRecord(state, { state })),
      );
      await fill(catalog, [packageRecord('purging', { state: 'deleted', purging: true })]);
      await fill(catalog, [packageRecord('odd', { state: 'available', purging: true })]);
      await settled();

      const found = await everyUnfinished(catalog, at(0));

      expect([...namesOf(found)].sort()).toEqual(['pending', 'purging', 'verifying']);
      expect(found.find((record) => record.packageId === 'purging')).toStrictEqual(
        packageRecord('purging', { state: 'deleted', purging: true }),
      );
    });

    test('are returned if touched at or before the time, the oldest first, across versions', async () => {
      const { catalog, settled } = harness();
      const touches = [4, 2, 9, 6, 1, 5, 3];
      await fill(
        catalog,
        touches.map((seconds) =>
          packageRecord(`t${seconds}`, { touchedAt: at(seconds) }, `v${10 - seconds}`),
        ),
      );
      await settled();

      expect(namesOf(await everyUnfinished(catalog, at(5)))).toEqual([
        't1',
        't2',
        't3',
        't4',
        't5',
      ]);
      expect(await everyUnfinished(catalog, at(0))).toEqual([]);
    });

    test('change with the transitions', async () => {
      const { catalog, settled } = harness();
      const record = packageRecord('a', { state: 'available' });
      await catalog.createPackage(record);
      await settled();
      expect(await everyUnfinished(catalog, at(9))).toEqual([]);

      const deleted = { state: 'deleted', purging: true, touchedAt: at(1) } as const;
      const purging = await catalog.changePackage(record, expectedOf(record), deleted);
      await settled();
      expect(await everyUnfinished(catalog, at(1))).toStrictEqual([purging]);

      await catalog.changePackage(
        record,
        { attemptId: 'attempt-1', states: ['deleted'] },
        { purging: null },
      );
      await settled();
      expect(await everyUnfinished(catalog, at(9))).toEqual([]);
    });

    test('a reader may stop early', async () => {
      const { catalog, settled } = harness();
      await fill(
        catalog,
        ['a', 'b'].map((id) => packageRecord(id)),
      );
      await settled();

      for await (const record of catalog.unfinished(at(0))) {
        await catalog.removePackage(record, expectedOf(record));
        break;
      }
      await settled();

      expect(await everyUnfinished(catalog, at(0))).toHaveLength(1);
    });
  });
}
