/**
 * Contract: packages are created once and whole, and replace another one only if it is as expected.
 */
import { describe, expect, test } from '@jest/globals';
import type { PackageRecord } from '../../../core/records.ts';
import {
  ALL_STATES,
  at,
  type CatalogHarness,
  countOf,
  expectedOf,
  packageRecord,
  V1,
} from './records.ts';

/** Every field that a record may have, with text that encodings easily damage. */
const FULL: PackageRecord = packageRecord('full', {
  state: 'deleted',
  size: Number.MAX_SAFE_INTEGER,
  filename: 'größe "1" – 大.tar.gz',
  metadata: {
    commit: 'f'.repeat(40),
    empty: '',
    'clé/ключ 🗝': 'naïve \u0000\n\t\u2028 \\ " \' 日本 \u{1F4E6} e\u0301 \ud800',
    constructor: 'x',
    ['__proto__']: 'y',
  },
  plan: {
    method: 'multipart',
    partSize: 16_777_216,
    partCount: 10_000,
    partChecksums: true,
    uploadId: 'u"/1',
  },
  blob: { etag: '"abc-2"', objectVersion: 'v.1' },
  rejection: { code: 'INTEGRITY', detail: 'sha256 is other' },
  publishedAt: at(1),
  yankedAt: at(2),
  yankedBy: 'maker002',
  yankReason: 'no good',
  purging: true,
});

export function describeCreation(harness: () => CatalogHarness): void {
  describe('creating packages', () => {
    test('a missing record is undefined', async () => {
      const { catalog } = harness();

      expect(await catalog.getPackage(packageRecord('none'))).toBeUndefined();
      expect(await catalog.getVersion(V1)).toBeUndefined();
    });

    test('a record is read back equal, with all optional fields or with none', async () => {
      const { catalog } = harness();
      const bare = packageRecord('bare');

      await catalog.createPackage(FULL);
      await catalog.createPackage(bare);

      expect(await catalog.getPackage(FULL)).toStrictEqual(FULL);
      expect(await catalog.getPackage(bare)).toStrictEqual(bare);
      expect(Object.keys((await catalog.getPackage(bare)) ?? {}).sort()).toEqual(
        Object.keys(bare).sort(),
      );
    });

    test('records that are passed in or returned are copies', async () => {
      const { catalog } = harness();
      const metadata: Record<string, string> = { commit: 'abc' };
      const record = packageRecord('a', { metadata });
      await catalog.createPackage(record);

      metadata['commit'] = 'spoiled';
      const read = (await catalog.getPackage(record)) ?? {};
      Reflect.set(read, 'size', 9);
      Reflect.set(Reflect.get(read, 'metadata'), 'commit', 'spoiled');

      expect(await catalog.getPackage(record)).toStrictEqual(
        packageRecord('a', { metadata: { commit: 'abc' } }),
      );
    });

    test('a name can be taken only once', async () => {
      const { catalog } = harness();
      const first = packageRecord('a');

      expect(await catalog.createPackage(first)).toBe(true);
      expect(
        await catalog.createPackage(packageRecord('a', { attemptId: 'attempt-2', size: 4 })),
      ).toBe(false);

      expect(await catalog.getPackage(first)).toStrictEqual(first);
    });

    test('the same packageId in two versions names two packages', async () => {
      const { catalog } = harness();
      const records = [
        packageRecord('a'),
        packageRecord('a', { size: 4 }, '1.0.0+b'),
        packageRecord('A'),
      ];

      for (const record of records) expect(await catalog.createPackage(record)).toBe(true);

      for (const record of records) expect(await catalog.getPackage(record)).toStrictEqual(record);
    });

    test('when 32 creations race, one wins, and its record is kept', async () => {
      const { catalog, second } = harness();
      const other = (await second?.()) ?? catalog;
      const rivals = Array.from({ length: 32 }, (_, index) =>
        packageRecord('a', { attemptId: `attempt-${index}` }),
      );

      const answers = await Promise.all(
        rivals.map((rival, index) => (index % 2 === 0 ? catalog : other).createPackage(rival)),
      );

      expect(countOf(answers)).toEqual({ yes: 1, no: 31 });
      expect(await catalog.getPackage(packageRecord('a'))).toStrictEqual(
        rivals[answers.indexOf(true)],
      );
      expect(await other.getPackage(packageRecord('a'))).toStrictEqual(
        rivals[answers.indexOf(true)],
      );
    });

    test('the first package creates its version, and later ones do not change it', async () => {
      const { catalog } = harness();

      await catalog.createPackage(packageRecord('a', { createdAt: at(5) }));
      await catalog.createPackage(packageRecord('b', { createdAt: at(3) }));
      await catalog.createPackage(packageRecord('a', { createdAt: at(1) }));

      expect(await catalog.getVersion(V1)).toStrictEqual({ versionId: V1, createdAt: at(5) });
    });

    test('a version stays when its last package is removed', async () => {
      const { catalog } = harness();
      const record = packageRecord('a', { createdAt: at(5) });
      await catalog.createPackage(record);

      await catalog.removePackage(record, expectedOf(record));
      await catalog.createPackage(packageRecord('a', { createdAt: at(9) }));

      expect(await catalog.getVersion(V1)).toStrictEqual({ versionId: V1, createdAt: at(5) });
    });
  });

  describe('replacing packages', () => {
    test('a record that is as expected is replaced completely', async () => {
      const { catalog } = harness();
      const old = packageRecord('a', {
        state: 'rejected',
        rejection: { code: 'INTEGRITY', detail: 'other bytes' },
      });
      const replacement = packageRecord('a', { attemptId: 'attempt-2', size: 4, touchedAt: at(9) });
      await catalog.createPackage(old);

      const replaced = await catalog.createPackage(replacement, {
        ...expectedOf(old),
        touchedAt: old.touchedAt,
      });

      expect(replaced).toBe(true);
      expect(await catalog.getPackage(old)).toStrictEqual(replacement);
    });

    test.each([
      ['of another attempt', { attemptId: 'attempt-0', states: ALL_STATES }],
      ['in another state', { attemptId: 'attempt-1', states: ['pending', 'available'] as const }],
      ['in no state at all', { attemptId: 'attempt-1', states: [] }],
      ['touched since', { attemptId: 'attempt-1', states: ALL_STATES, touchedAt: at(4) }],
    ])('a record %s is not replaced', async (_, expected) => {
      const { catalog } = harness();
      const old = packageRecord('a', { state: 'rejected', touchedAt: at(5) });
      await catalog.createPackage(old);

      expect(
        await catalog.createPackage(packageRecord('a', { attemptId: 'attempt-2' }), expected),
      ).toBe(false);

      expect(await catalog.getPackage(old)).toStrictEqual(old);
    });

    test('a missing record is not replaced, and no version is created', async () => {
      const { catalog, settled } = harness();
      const record = packageRecord('a');

      expect(await catalog.createPackage(record, expectedOf(record))).toBe(false);

      await settled();
      expect(await catalog.getPackage(record)).toBeUndefined();
      expect(await catalog.getVersion(V1)).toBeUndefined();
      expect(await catalog.listVersions({ limit: 10 })).toStrictEqual({ items: [] });
    });

    test('when 32 replacements race, one wins', async () => {
      const { catalog, second } = harness();
      const other = (await second?.()) ?? catalog;
      const old = packageRecord('a', { state: 'rejected', attemptId: 'old' });
      await catalog.createPackage(old);
      const rivals = Array.from({ length: 32 }, (_, index) =>
        packageRecord('a', { attemptId: `attempt-${index}` }),
      );

      const answers = await Promise.all(
        rivals.map((rival, index) =>
          (index % 2 === 0 ? catalog : other).createPackage(rival, expectedOf(old)),
        ),
      );

      expect(countOf(answers)).toEqual({ yes: 1, no: 31 });
      expect(await catalog.getPackage(old)).toStrictEqual(rivals[answers.indexOf(true)]);
    });
  });
}
