/** Removes what moves have left behind, file by file, each only after the target was proven and no link to the old copy can be alive. */
import { addSeconds } from '../clock.ts';
import { isServiceError } from '../errors.ts';
import type { MovedFrom, PackageRecord } from '../records.ts';
import { sha256Of } from './copy/copy-blob.ts';
import { inParallel } from './in-parallel.ts';
import type { MoveDeps } from './move-packages.ts';
import type { Outcome } from './outcome.ts';
import { type Result, timed } from './timed.ts';
import { movedRecords } from './turn-back.ts';
import { PUBLISHED, type VersionFilter } from './walk-records.ts';

export interface RemoveSourcesOptions extends VersionFilter {
  readonly concurrency: number;
  /** After a record was turned, for so long links to the old copy may be alive: the life of a link, and what caches add to it. */
  readonly graceSeconds: number;
  readonly dryRun?: boolean | undefined;
}

/** What is too young is told as `kept`, with the time from which it may go. */
export async function* removeSources(
  deps: MoveDeps,
  options: RemoveSourcesOptions,
): AsyncGenerator<Outcome, void, void> {
  const work = (record: PackageRecord) => timed(record, () => removeSource(deps, record, options), deps.signal);
  yield* inParallel(movedRecords(deps, options), options.concurrency, work, deps.signal);
}

async function removeSource(deps: MoveDeps, record: PackageRecord, options: RemoveSourcesOptions): Promise<Result> {
  const { movedFrom, blob, key, attemptId } = record;
  if (movedFrom === undefined || blob === undefined) return { outcome: 'gone', sentBytes: 0 };
  const from = addSeconds(new Date(movedFrom.movedAt), options.graceSeconds);
  if (from > deps.clock()) {
    return { outcome: 'kept', sentBytes: 0, detail: `links to the old copy may live until ${from.toISOString()}` };
  }
  const wrong = await unproven(deps, record, blob.etag);
  if (wrong !== undefined) return { outcome: 'corrupt', sentBytes: 0, detail: wrong };
  if (options.dryRun === true) return { outcome: 'planned', sentBytes: 0 };
  const marked = await markRemoving(deps, record, movedFrom);
  if (!marked) return { outcome: 'changed', sentBytes: 0, detail: 'the record was changed by others meanwhile' };
  try {
    await deps.from.store.delete(key, movedFrom.blob);
  } catch (error) {
    if (!isServiceError(error, 'CONFLICT')) throw error;
    return { outcome: 'changed', sentBytes: 0, detail: `the old copy was changed since: ${error.message}` };
  }
  const expected = { attemptId, states: PUBLISHED, store: deps.to.store.name };
  await deps.catalog.changePackage(record, expected, { movedFrom: null });
  return { outcome: 'removed', sentBytes: 0 };
}

/** From here on nobody turns the record back to that copy; a removal that is cut off is taken up again by the next one. */
async function markRemoving(
  { catalog, to, clock }: MoveDeps,
  record: PackageRecord,
  movedFrom: MovedFrom,
): Promise<boolean> {
  if (movedFrom.removing === true) return true;
  const { attemptId, touchedAt } = record;
  const expected = { attemptId, states: PUBLISHED, store: to.store.name, touchedAt };
  const change = { movedFrom: { ...movedFrom, removing: true }, touchedAt: clock().toISOString() } as const;
  return (await catalog.changePackage(record, expected, change)) !== undefined;
}

/** Why the target can't be relied on; undefined where it holds what was published. */
async function unproven(
  deps: MoveDeps,
  { key, size, sha256 }: PackageRecord,
  etag: string,
): Promise<string | undefined> {
  const standing = await deps.to.store.stat(key);
  if (standing === undefined) return 'the target has nothing under this key';
  if (standing.etag !== etag || standing.size !== size) return 'the target holds other bytes than its record says';
  const stored = await sha256Of(deps, deps.to, standing);
  return stored === sha256 ? undefined : `the target holds sha256 ${stored ?? 'none'}, and ${sha256} was published`;
}
