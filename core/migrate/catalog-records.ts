/**
 * The catalog's records as a migration needs them: the published ones, streamed, and the condition
 * under which it changes one.
 */

import { matchesPattern } from '../access/access.ts';
import type { Timestamp } from '../clock.ts';
import { parseVersionId, type VersionId } from '../names.ts';
import { type Catalog, type Expected, everyItem } from '../ports/catalog.ts';
import { type PackageRecord, PUBLISHED } from '../records.ts';
import type { CopyDeps } from './copy/copy.ts';

type RecordLists = Pick<Catalog, 'listVersions' | 'listPackages'>;

/** Patterns whose only wildcard is `*`. */
export interface VersionFilter {
  /** @default all */
  readonly include?: readonly string[] | undefined;
  /** Wins over `include`. @default none */
  readonly exclude?: readonly string[] | undefined;
}

export function isChosen(
  { include = [], exclude = [] }: VersionFilter,
  versionId: VersionId,
): boolean {
  if (exclude.some((pattern) => matchesPattern(pattern, versionId))) return false;
  return include.length === 0 || include.some((pattern) => matchesPattern(pattern, versionId));
}

export async function* publishedRecords(
  catalog: RecordLists,
  filter: VersionFilter = {},
): AsyncGenerator<PackageRecord, void, void> {
  for await (const { versionId } of everyItem((page) => catalog.listVersions(page))) {
    const version = parseVersionId(versionId);
    if (!isChosen(filter, version)) continue;
    yield* everyItem((page) => catalog.listPackages(version, PUBLISHED, page));
  }
}

/** Records that name `to`, and a copy in `from`. */
export async function* movedRecords(
  { catalog, from, to }: Pick<CopyDeps, 'from' | 'to'> & { readonly catalog: RecordLists },
  filter: VersionFilter,
): AsyncGenerator<PackageRecord, void, void> {
  for await (const record of publishedRecords(catalog, filter)) {
    if (record.store === to.store.name && record.movedFrom?.store === from.store.name) yield record;
  }
}

/**
 * Expects that the record is published, is in this store, and was not turned since it was read. Two
 * runs that turn one record at the same time exclude each other: each writes a later `touchedAt`,
 * and only over the `touchedAt` that it read.
 */
export function untouched({ attemptId, touchedAt, store }: PackageRecord): Expected {
  return { attemptId, touchedAt, store, states: PUBLISHED };
}

/** Later than the record's own, also if the clock has not moved since, or was set back. */
export function touchAfter({ touchedAt }: Pick<PackageRecord, 'touchedAt'>, now: Date): Timestamp {
  return new Date(Math.max(now.getTime(), new Date(touchedAt).getTime() + 1)).toISOString();
}
