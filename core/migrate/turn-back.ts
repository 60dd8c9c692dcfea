/**
 * Rolls back: turns records back to the store from which their packages were migrated, if the copy
 * there is unchanged.
 */

import { type PackageRecord, versionOf } from '../records.ts';
import { movedRecords, touchAfter, untouched, type VersionFilter } from './catalog-records.ts';
import type { CopyResult } from './copy/outcome.ts';
import { inParallel } from './in-parallel.ts';
import { type FileResult, measure } from './measure.ts';
import type { MigrateDeps } from './migrate-packages.ts';

export interface TurnBackOptions extends VersionFilter {
  readonly concurrency: number;
  readonly dryRun?: boolean | undefined;
}

/**
 * Copies no byte. A package without a copy in `from`, the store it was migrated from, is reported
 * as `missing` and stays.
 */
export async function* turnBack(
  deps: MigrateDeps,
  options: TurnBackOptions,
): AsyncGenerator<CopyResult, void, void> {
  const work = (record: PackageRecord) =>
    measure(record, () => turn(deps, record, options.dryRun === true), deps);
  yield* inParallel(movedRecords(deps, options), options.concurrency, work, deps.signal);
}

async function turn(
  { catalog, from, to, clock }: MigrateDeps,
  record: PackageRecord,
  dryRun: boolean,
): Promise<FileResult> {
  const { movedFrom, blob } = record;
  const left = movedFrom?.removing === true ? undefined : await from.store.stat(record.key);
  if (movedFrom === undefined || blob === undefined || left?.etag !== movedFrom.blob.etag) {
    return {
      outcome: 'missing',
      sentBytes: 0,
      detail: 'the copy that was left behind is gone, or was changed: migrate it back',
    };
  }
  if (dryRun) return { outcome: 'planned', sentBytes: 0 };
  const turned = await catalog.changePackage(record, untouched(record), {
    store: from.store.name,
    touchedAt: touchAfter(record, clock()),
    blob: versionOf(movedFrom.blob),
    movedFrom: { store: to.store.name, blob, movedAt: clock().toISOString() },
    // The damaged bytes are no longer the ones in use.
    damage: null,
  });
  if (turned !== undefined) return { outcome: 'turned', sentBytes: 0 };
  return { outcome: 'changed', sentBytes: 0, detail: 'the record was changed by others meanwhile' };
}
