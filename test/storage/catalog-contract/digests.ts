/** Contract: packages are found by the digest of their bytes, in all versions. */
import { describe, expect, test } from '@jest/globals';
import type { Catalog } from '../../../core/ports/catalog.ts';
import { type CatalogHarness, expectedOf, fill, packageRecord } from './records.ts';

const DIGEST = 'd'.repeat(64);
const OTHER = 'e'.repeat(64);

/** Every package with the digest, in pages of `limit`. */
async function found(catalog: Catalog, sha256: string, limit = 10): Promise<readonly string[]> {
  const names: string[] = [];
  let after: string | undefined;
  do {
    const page = await catalog.findByDigest(sha256, { limit, ...(after && { after }) });
    names.push(...page.items.map(({ versionId, packageId }) => `${versionId}/${packageId}`));
    after = page.next;
  } while (after !== undefined);
  return names;
}

export function describeDigests(harness: () => CatalogHarness): void {
  describe('the packages with a digest', () => {
    test('are found in every version and in every state, page by page', async () => {
      const { catalog, settled } = harness();
      await fill(catalog, [
        packageRecord('a', { sha256: DIGEST, state: 'available' }, '1.0.0'),
        packageRecord('b', { sha256: DIGEST, state: 'pending' }, '1.0.0'),
        packageRecord('a', { sha256: DIGEST, state: 'deleted' }, '1.0.0-rc.1'),
        packageRecord('a', { sha256: DIGEST, state: 'yanked' }, '2.0.0'),
        packageRecord('c', { sha256: OTHER, state: 'available' }, '2.0.0'),
      ]);
      await settled();

      const all = ['1.0.0/a', '1.0.0/b', '1.0.0-rc.1/a', '2.0.0/a'].toSorted();
      for (const limit of [1, 2, 3, 10])
        expect((await found(catalog, DIGEST, limit)).toSorted()).toEqual(all);
      expect(await found(catalog, OTHER)).toEqual(['2.0.0/c']);
      expect(await found(catalog, 'f'.repeat(64))).toEqual([]);
    });

    test('include an upload once its digest is given', async () => {
      const { catalog, settled } = harness();
      const { sha256: _, ...record } = packageRecord('late');
      await catalog.createPackage(record);
      const given = { state: 'verifying', sha256: DIGEST } as const;
      await catalog.changePackage(record, expectedOf(record), given);
      await settled();

      expect(await found(catalog, DIGEST)).toEqual(['1.0.0/late']);
    });

    test('lack an upload that was given up, and one that got other bytes', async () => {
      const { catalog, settled } = harness();
      const gone = packageRecord('gone', { sha256: DIGEST });
      const other = packageRecord('other', { sha256: DIGEST });
      await fill(catalog, [gone, other]);
      await catalog.removePackage(gone, expectedOf(gone));
      const replacement = { ...other, sha256: OTHER, attemptId: 'attempt-of-other-bytes' };
      expect(await catalog.createPackage(replacement, expectedOf(other))).toBe(true);
      await settled();

      expect(await found(catalog, DIGEST)).toEqual([]);
      expect(await found(catalog, OTHER)).toEqual(['1.0.0/other']);
    });
  });
}
