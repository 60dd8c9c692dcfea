/**
 * Removes the copies that a migration left in the source, one by one: each only after the target
 * was proven and all links to the old copy have expired.
 */

import { addSeconds } from '../clock.ts';
import { isServiceError } from '../errors.ts';
import type { MovedFrom, PackageRecord } from '../records.ts';
import { movedRecords, touchAfter, untouched, type VersionFilter } from './catalog-records.ts';
import { sha256Of } from './copy/evidence.ts';
import type { CopyResult } from './copy/outcome.ts';
import { inParallel } from './in-parallel.ts';
import { type FileResult, measure } from './measure.ts';
import type { MigrateDeps } from './migrate-packages.ts';

/**
 * How long after a removal broke off another run takes it over. Its last request may still be on
 * its way until then. In a store where the same bytes have the same ETag, it would remove what was
 * stored there meanwhile.
 */
const LEASE_SECONDS = 300;

export interface RemoveSourcesOptions extends VersionFilter {
  readonly concurrency: number;
  /**
   * How long links to the old copy may work after a record was turned: the life of a link, plus
   * what caches add to it.
   */
  readonly graceSeconds: number;
  readonly dryRun?: boolean | undefined;
}

/** Reports a copy that is too young as `kept`, with the time from which it may be removed. */
export async function* removeSources(
  deps: MigrateDeps,
  options: RemoveSourcesOptions,
): AsyncGenerator<CopyResult, void, void> {
  const work = (record: PackageRecord) =>
    measure(record, () => removeSource(deps, record, options), deps);
  yield* inParallel(movedRecords(deps, options), options.concurrency, work, deps.signal);
}

async function removeSource(
  deps: MigrateDeps,
  record: PackageRecord,
  options: RemoveSourcesOptions,
): Promise<FileResult> {
  const { movedFrom, blob } = record;
  if (movedFrom === undefined || blob === undefined) return { outcome: 'gone', sentBytes: 0 };
  const detail = notYet(record, movedFrom, options.graceSeconds, deps.clock());
  if (detail !== undefined) return { outcome: 'kept', sentBytes: 0, detail };
  const wrong = await unproven(deps, record, blob.etag);
  if (wrong !== undefined) return { outcome: 'corrupt', sentBytes: 0, detail: wrong };
  if (options.dryRun === true) return { outcome: 'planned', sentBytes: 0 };
  const touchedAt = touchAfter(record, deps.clock());
  const removing = { movedFrom: { ...movedFrom, removing: true }, touchedAt } as const;
  // From here on the record cannot be turned back to that copy, and the package cannot be migrated
  // onto it.
  const marked = await deps.catalog.changePackage(record, untouched(record), removing);
  if (marked === undefined) return CHANGED;
  const isOurs = await removeCopy(deps, marked, movedFrom);
  await deps.catalog.changePackage(record, untouched(marked), {
    movedFrom: null,
    touchedAt: touchAfter(marked, deps.clock()),
  });
  if (isOurs) return { outcome: 'removed', sentBytes: 0 };
  return {
    outcome: 'changed',
    sentBytes: 0,
    detail: 'somebody wrote over the old copy, so it is left alone',
  };
}

const CHANGED = {
  outcome: 'changed',
  sentBytes: 0,
  detail: 'the record was changed by others meanwhile',
} as const;

/** In words, why the copy has to stay for a while. */
function notYet(
  record: PackageRecord,
  movedFrom: MovedFrom,
  graceSeconds: number,
  now: Date,
): string | undefined {
  const from = addSeconds(new Date(movedFrom.movedAt), graceSeconds);
  if (from > now) return `links to the old copy may work until ${from.toISOString()}`;
  const free = addSeconds(new Date(record.touchedAt), LEASE_SECONDS);
  if (movedFrom.removing !== true || free <= now) return undefined;
  return `another run is removing it, or was cut off: from ${free.toISOString()} on this one may`;
}

/** @returns false if other bytes are stored there by now */
async function removeCopy(
  { from }: MigrateDeps,
  { key }: PackageRecord,
  { blob }: MovedFrom,
): Promise<boolean> {
  try {
    await from.store.delete(key, blob);
    return true;
  } catch (error) {
    if (!isServiceError(error, 'CONFLICT')) throw error;
    return false;
  }
}

/** Why the target cannot be relied on; undefined if it holds what was published. */
async function unproven(
  deps: MigrateDeps,
  { key, size, sha256 }: PackageRecord,
  etag: string,
): Promise<string | undefined> {
  const standing = await deps.to.store.stat(key);
  if (standing === undefined) return 'the target has nothing under this key';
  if (standing.etag !== etag || standing.size !== size)
    return 'the target holds other bytes than its record says';
  const stored = await sha256Of(deps, deps.to, standing);
  return stored === sha256
    ? undefined
    : `the target holds sha256 ${stored ?? 'none'}, and ${sha256} was published`;
}
