/**
 * Migrates the packages of a running service to another store, one by one: copies a file, proves
 * the copy, and turns its record by a conditional write.
 */

import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import type { PackageKey } from '../names.ts';
import type { BlobInfo } from '../ports/blob-store.ts';
import type { Catalog } from '../ports/catalog.ts';
import { removeVersion } from '../proof/cleanup.ts';
import { termsOf } from '../proof/proof.ts';
import { type PackageRecord, PUBLISHED, versionOf } from '../records.ts';
import { publishedRecords, touchAfter, untouched, type VersionFilter } from './catalog-records.ts';
import type { CopyDeps } from './copy/copy.ts';
import { copyBlob } from './copy/copy-blob.ts';
import { type CopyResult, isFailure, mayPass } from './copy/outcome.ts';
import { inParallel } from './in-parallel.ts';
import { type FileResult, measure } from './measure.ts';

export interface MigrateDeps extends CopyDeps {
  readonly catalog: Pick<Catalog, 'getPackage' | 'listVersions' | 'listPackages' | 'changePackage'>;
  readonly clock: Clock;
}

export interface MigrateOptions extends VersionFilter {
  /** How many packages at a time. */
  readonly concurrency: number;
  /** Reports what would be done, and does nothing. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Passes through the catalog until a pass finds nothing to migrate: the next pass finds what is
 * published, yanked or deleted meanwhile. A package that failed and is migrated by a later pass has
 * two results; the last one counts.
 */
export async function* migratePackages(
  deps: MigrateDeps,
  options: MigrateOptions,
): AsyncGenerator<CopyResult, void, void> {
  if (deps.from.store.name === deps.to.store.name) {
    throw new ServiceError(
      'INVALID_INPUT',
      `records could not distinguish the two stores: both are named ${deps.to.store.name}`,
    );
  }
  const { concurrency, dryRun } = options;
  const failed = new Map<PackageKey, CopyResult>();
  let moved: number;
  do {
    moved = 0;
    const work = (record: PackageRecord) =>
      measure(record, () => (dryRun === true ? planned : migrate(deps, record)), deps);
    for await (const outcome of inParallel(
      recordsIn(deps, options, failed),
      concurrency,
      work,
      deps.signal,
    )) {
      if (outcome.outcome === 'moved') moved += 1;
      const before = failed.get(outcome.key);
      if (isFailure(outcome)) failed.set(outcome.key, outcome);
      if (before?.outcome !== outcome.outcome) yield outcome;
    }
  } while (moved > 0 && deps.signal?.aborted !== true);
}

/** The records of packages in the source, without those that have failed for good. */
async function* recordsIn(
  { catalog, from }: MigrateDeps,
  filter: VersionFilter,
  failed: ReadonlyMap<PackageKey, CopyResult>,
): AsyncGenerator<PackageRecord> {
  for await (const record of publishedRecords(catalog, filter)) {
    const before = failed.get(record.key);
    if (record.store === from.store.name && (before === undefined || mayPass(before))) yield record;
  }
}

const planned: Promise<FileResult> = Promise.resolve({ outcome: 'planned', sentBytes: 0 });

async function migrate(deps: MigrateDeps, record: PackageRecord): Promise<FileResult> {
  const { from, to } = deps;
  if (record.movedFrom?.removing === true && record.movedFrom.store === to.store.name)
    return BEING_REMOVED;
  const source = await from.store.stat(record.key);
  if (source === undefined) return explainAbsence(deps, record);
  const copy = await copyBlob(
    deps,
    { source, terms: termsOf(record) },
    await to.store.stat(record.key),
  );
  if (copy.outcome !== 'copied' && copy.outcome !== 'there') return copy;
  const { sentBytes } = copy;
  // Only over the record as it was read: a removal that began meanwhile may be about to remove this
  // copy.
  const turned = await deps.catalog.changePackage(record, untouched(record), {
    store: to.store.name,
    touchedAt: touchAfter(record, deps.clock()),
    blob: versionOf(copy.blob),
    movedFrom: {
      store: from.store.name,
      blob: versionOf(source),
      movedAt: deps.clock().toISOString(),
    },
    // The damaged bytes are no longer the ones in use.
    damage: null,
  });
  if (turned === undefined) return { ...(await undoCopy(deps, record, copy.blob)), sentBytes };
  // From now on the record says whose bytes these are.
  await to.store.settle(record.key);
  return { outcome: 'moved', sentBytes };
}

const BEING_REMOVED = {
  outcome: 'changed',
  sentBytes: 0,
  detail:
    'the old copy in that store is being removed: let that end first (--delete-source, with --from and --to as they were)',
} as const;

/** It may have been deleted or migrated by somebody else since the list was read. */
async function explainAbsence(deps: MigrateDeps, record: PackageRecord): Promise<FileResult> {
  const now = await deps.catalog.getPackage(record);
  if (now === undefined || !PUBLISHED.includes(now.state)) return { outcome: 'gone', sentBytes: 0 };
  if (now.store !== record.store) return { outcome: 'there', sentBytes: 0 };
  return {
    outcome: 'missing',
    sentBytes: 0,
    detail: `nothing is stored under ${record.key} in the source`,
  };
}

/** The record has changed since the copy began. Removes the copy if no record will name it. */
async function undoCopy(
  { catalog, to }: MigrateDeps,
  record: PackageRecord,
  copy: BlobInfo,
): Promise<Pick<FileResult, 'outcome' | 'detail'>> {
  const now = await catalog.getPackage(record);
  if (now !== undefined && PUBLISHED.includes(now.state)) {
    if (now.store === to.store.name) return { outcome: 'there' };
    return { outcome: 'changed', detail: 'the record was changed by others meanwhile' };
  }
  if (copy.attemptId === record.attemptId) await removeVersion(to.store, record.key, copy);
  return { outcome: 'gone' };
}
