/** Contract: changes and removals are conditional writes that happen completely or not at all. */
import { describe, expect, test } from '@jest/globals';
import type { Expected } from '../../../core/ports/catalog.ts';
import type { PackageChange, PackageState } from '../../../core/records.ts';
import { ALL_STATES, at, type CatalogHarness, expectedOf, packageRecord } from './records.ts';

const blob = { etag: '"abc"' };
const rejection = { code: 'INTEGRITY', detail: 'sha256 is other' } as const;
const published = { publishedAt: at(2), blob };
const yanked = { yankedAt: at(3), yankedBy: 'maker002', yankReason: 'no good' };

/** Every transition between states, with the fields that change along with it. */
const TRANSITIONS: readonly (readonly [PackageState, PackageState, PackageChange])[] = [
  ['pending', 'available', published],
  ['pending', 'verifying', { touchedAt: at(1) }],
  ['verifying', 'available', published],
  ['verifying', 'rejected', { rejection }],
  ['available', 'yanked', yanked],
  ['yanked', 'available', { yankedAt: null, yankedBy: null, yankReason: null }],
  ['available', 'deleted', { purging: true, touchedAt: at(1) }],
  ['yanked', 'deleted', { purging: true, touchedAt: at(1) }],
];

const UNEXPECTED: readonly (readonly [string, Expected])[] = [
  ['of another attempt', { attemptId: 'attempt-0', states: ALL_STATES }],
  [
    'in another state',
    { attemptId: 'attempt-1', states: ALL_STATES.filter((state) => state !== 'verifying') },
  ],
  ['touched since', { attemptId: 'attempt-1', states: ALL_STATES, touchedAt: at(4) }],
  ['in another store', { attemptId: 'attempt-1', states: ALL_STATES, store: 's3' }],
  ['touched at another time', { attemptId: 'attempt-1', states: ALL_STATES, touchedAt: at(6) }],
];

export function describeChanges(harness: () => CatalogHarness): void {
  describe('changing packages', () => {
    test.each(TRANSITIONS)(
      '%s becomes %s, with exactly the fields of the change',
      async (from, to, fields) => {
        const { catalog } = harness();
        const record = packageRecord('a', {
          state: from,
          ...(from === 'yanked' ? { ...published, ...yanked } : {}),
        });
        const bystander = packageRecord('a', { state: from }, '2.0.0');
        await catalog.createPackage(record);
        await catalog.createPackage(bystander);

        const written = await catalog.changePackage(record, expectedOf(record), {
          ...fields,
          state: to,
        });

        const taken = Object.entries(fields).filter(([, value]) => value === null);
        const wanted = Object.entries({ ...record, ...fields, state: to }).filter(
          ([, value]) => value !== null,
        );
        expect(written).toStrictEqual(Object.fromEntries(wanted));
        expect(await catalog.getPackage(record)).toStrictEqual(written);
        for (const [name] of taken) expect(written).not.toHaveProperty(name);
        expect(await catalog.getPackage(bystander)).toStrictEqual(bystander);
      },
    );

    test('an upload without a sha256 gets it in the write that changes its state', async () => {
      const { catalog } = harness();
      const { sha256: _, ...late } = packageRecord('a');
      await catalog.createPackage(late);

      const before = await catalog.getPackage(late);
      const sha256 = 'c'.repeat(64);
      const change = { state: 'verifying', sha256 } as const;
      const written = await catalog.changePackage(late, expectedOf(late), change);
      const again = await catalog.changePackage(late, expectedOf(late), change);

      expect(before).toStrictEqual(late);
      expect(written).toStrictEqual({ ...late, ...change });
      expect(again).toBeUndefined();
      expect(await catalog.getPackage(late)).toStrictEqual(written);
    });

    test('an upload without a sha256 is in every list as it was created', async () => {
      const { catalog, settled } = harness();
      const { sha256: _, ...late } = packageRecord('a');
      await catalog.createPackage(late);
      await settled();

      const { items } = await catalog.listPackages(late.versionId, ['pending'], { limit: 10 });
      const touched = await catalog.changePackage(late, expectedOf(late), { touchedAt: at(1) });

      expect(items).toStrictEqual([late]);
      expect(await catalog.getPackages(late.versionId, [late.packageId])).toStrictEqual([touched]);
      expect(touched).toStrictEqual({ ...late, touchedAt: at(1) });
      expect(await catalog.findPackage(late.versionId, late.filename)).toStrictEqual(touched);
    });

    test('null removes a field, also one that is absent', async () => {
      const { catalog } = harness();
      const record = packageRecord('a', { state: 'deleted', blob, rejection, purging: true });
      await catalog.createPackage(record);

      const change = { blob: null, rejection: null, purging: null, yankedAt: null } as const;
      const written = await catalog.changePackage(record, expectedOf(record), change);

      expect(written).toStrictEqual(packageRecord('a', { state: 'deleted' }));
      expect(await catalog.getPackage(record)).toStrictEqual(
        packageRecord('a', { state: 'deleted' }),
      );
    });

    test('a change may expect one of several states, and an exact touchedAt', async () => {
      const { catalog } = harness();
      const record = packageRecord('a', { state: 'yanked', touchedAt: at(5) });
      await catalog.createPackage(record);

      const expected = {
        attemptId: 'attempt-1',
        states: ['available', 'yanked'] as const,
        touchedAt: at(5),
      };
      const written = await catalog.changePackage(record, expected, { store: 's3' });

      expect(written).toStrictEqual({ ...record, store: 's3' });
    });

    test('a record is turned to another store, and forgets the old copy', async () => {
      const { catalog } = harness();
      const record = packageRecord('a', { state: 'available', blob, store: 'local' });
      const movedFrom = { store: 'local', blob, movedAt: at(6) };
      const move = { store: 's3', blob: { etag: '"def"' }, movedFrom };
      await catalog.createPackage(record);

      const moved = await catalog.changePackage(
        record,
        { ...expectedOf(record), store: 'local' },
        move,
      );
      const again = await catalog.changePackage(
        record,
        { ...expectedOf(record), store: 'local' },
        move,
      );
      const forgotten = await catalog.changePackage(record, expectedOf(record), {
        movedFrom: null,
      });

      expect(moved).toStrictEqual({ ...record, ...move });
      expect(again).toBeUndefined();
      expect(forgotten).toStrictEqual({ ...record, store: 's3', blob: { etag: '"def"' } });
      expect(await catalog.getPackage(record)).toStrictEqual(forgotten);
    });

    test.each(UNEXPECTED)('a record %s is neither changed nor removed', async (_, expected) => {
      const { catalog } = harness();
      const record = packageRecord('a', { state: 'verifying', touchedAt: at(5) });
      await catalog.createPackage(record);

      expect(await catalog.changePackage(record, expected, { state: 'available' })).toBeUndefined();
      expect(await catalog.removePackage(record, expected)).toBe(false);

      expect(await catalog.getPackage(record)).toStrictEqual(record);
    });

    test('a missing record is neither changed nor removed', async () => {
      const { catalog } = harness();
      const record = packageRecord('a');

      expect(
        await catalog.changePackage(record, expectedOf(record), { state: 'available' }),
      ).toBeUndefined();
      expect(await catalog.removePackage(record, expectedOf(record))).toBe(false);

      expect(await catalog.getPackage(record)).toBeUndefined();
    });

    test('when 32 transitions race, one happens', async () => {
      const { catalog, second } = harness();
      const other = (await second?.()) ?? catalog;
      const record = packageRecord('a');
      await catalog.createPackage(record);

      const answers = await Promise.all(
        Array.from({ length: 32 }, (_, index) => {
          const change = {
            state: index % 2 === 0 ? 'available' : 'verifying',
            publishedAt: at(index),
          } as const;
          return (index % 3 === 0 ? catalog : other).changePackage(
            record,
            expectedOf(record),
            change,
          );
        }),
      );

      const written = answers.filter((answer) => answer !== undefined);
      expect(written).toHaveLength(1);
      expect(await catalog.getPackage(record)).toStrictEqual(written[0]);
    });
  });

  describe('removing packages', () => {
    test('a record that is as expected is removed, and its name is free again', async () => {
      const { catalog } = harness();
      const record = packageRecord('a', { touchedAt: at(5) });
      const replacement = packageRecord('a', { attemptId: 'attempt-2' });
      await catalog.createPackage(record);

      expect(await catalog.removePackage(record, { ...expectedOf(record), touchedAt: at(5) })).toBe(
        true,
      );
      expect(await catalog.getPackage(record)).toBeUndefined();
      expect(await catalog.removePackage(record, expectedOf(record))).toBe(false);

      expect(await catalog.createPackage(replacement)).toBe(true);
      expect(await catalog.getPackage(record)).toStrictEqual(replacement);
    });

    test('a replaced attempt does not remove the record of its successor', async () => {
      const { catalog } = harness();
      const old = packageRecord('a');
      const replacement = packageRecord('a', { attemptId: 'attempt-2' });
      await catalog.createPackage(old);
      await catalog.createPackage(replacement, expectedOf(old));

      expect(await catalog.removePackage(old, expectedOf(old))).toBe(false);

      expect(await catalog.getPackage(old)).toStrictEqual(replacement);
    });
  });
}
