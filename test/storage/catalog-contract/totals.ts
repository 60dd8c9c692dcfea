/** Contract: what is published is summed, or the catalog says that it can't. */
import { describe, expect, test } from '@jest/globals';
import { isServiceError } from '../../../core/errors.ts';
import { ALL_STATES, type CatalogHarness, expectedOf, fill, packageRecord } from './records.ts';

/** @param sums false for a catalog that would have to read every record at a price */
export function describeTotals(harness: () => CatalogHarness, sums: boolean): void {
  if (!sums) {
    test('the published packages are not summed, and the error says where to look', async () => {
      const error: unknown = await harness()
        .catalog.publishedTotals()
        .catch((thrown: unknown) => thrown);

      expect(isServiceError(error, 'NOT_SUPPORTED')).toBe(true);
      expect(String(error)).toMatch(/BucketSizeBytes/);
    });
    return;
  }
  describe('published totals', () => {
    test('count what is available or yanked, and nothing else', async () => {
      const { catalog, settled } = harness();
      const large = 5 * 1024 ** 4;
      await fill(
        catalog,
        ALL_STATES.map((state) => packageRecord(state, { state, size: large })),
      );
      await settled();

      expect(await catalog.publishedTotals()).toEqual({ packages: 2, bytes: 2 * large });
    });

    test('change as packages are published, yanked and deleted', async () => {
      const { catalog, settled } = harness();
      const record = packageRecord('a', { size: 10 });
      const totals = async () => {
        await settled();
        return catalog.publishedTotals();
      };
      expect(await totals()).toEqual({ packages: 0, bytes: 0 });

      await catalog.createPackage(record);
      expect(await totals()).toEqual({ packages: 0, bytes: 0 });
      await catalog.changePackage(record, expectedOf(record), { state: 'available' });
      expect(await totals()).toEqual({ packages: 1, bytes: 10 });
      const { attemptId } = record;
      await catalog.changePackage(
        record,
        { attemptId, states: ['available'] },
        { state: 'yanked' },
      );
      expect(await totals()).toEqual({ packages: 1, bytes: 10 });
      await catalog.changePackage(record, { attemptId, states: ['yanked'] }, { state: 'deleted' });
      expect(await totals()).toEqual({ packages: 0, bytes: 0 });
    });
  });
}
