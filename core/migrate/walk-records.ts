/** The published packages of a catalog, streamed: what a migration goes through, pass after pass. */

import { matchesPattern } from '../access/access.ts';
import { parseVersionId, type VersionId } from '../names.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { PackageRecord } from '../records.ts';
import { PUBLISHED } from '../states.ts';

const PAGE = 1000;

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
  catalog: Pick<Catalog, 'listVersions' | 'listPackages'>,
  filter: VersionFilter = {},
): AsyncGenerator<PackageRecord, void, void> {
  for await (const { versionId } of pages((page) => catalog.listVersions(page))) {
    const version = parseVersionId(versionId);
    if (!isChosen(filter, version)) continue;
    yield* pages((page) => catalog.listPackages(version, PUBLISHED, page));
  }
}

/** Every item of a list that is read page by page. */
export async function* pages<Item>(
  ask: (page: {
    limit: number;
    after?: string;
  }) => Promise<{ readonly items: readonly Item[]; readonly next?: string }>,
): AsyncGenerator<Item, void, void> {
  let after: string | undefined;
  do {
    const page = await ask({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}
