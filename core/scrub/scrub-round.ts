/**
 * One round of the scrub: checks every published package once, version by version. A round that
 * broke off continues where it was.
 */

import { parseVersionId, type VersionId } from '../names.ts';
import { everyItem } from '../ports/catalog.ts';
import { type PackageRecord, PUBLISHED } from '../records.ts';
import { type ScrubDeps, type ScrubResult, scrubPackage } from './scrub-package.ts';

/** The package that was checked last. */
export interface ScrubPlace {
  readonly versionId: string;
  readonly packageId: string;
}

export interface ScrubStep extends ScrubResult {
  readonly place: ScrubPlace;
  /** How much of the round this package is. */
  readonly cost: number;
}

/** Checking a package costs something, even if it has few bytes. */
const BASE_COST = 4096;
const RECORDS_AT_ONCE = 500;

/**
 * @param after where an earlier run of this round ended; if that version is gone, the round starts
 *   again
 */
export async function* scrubRound(
  deps: ScrubDeps,
  after?: ScrubPlace,
): AsyncGenerator<ScrubStep, void, void> {
  for await (const record of recordsAfter(deps, after)) {
    const { versionId, packageId } = record;
    // The list may be days old.
    const now = await deps.catalog.getPackage(record);
    if (now === undefined || !PUBLISHED.includes(now.state)) continue;
    yield {
      ...(await scrubPackage(deps, now)),
      place: { versionId, packageId },
      cost: costOf(deps, now),
    };
  }
}

/** The remaining cost of a round, in the unit of `ScrubStep.cost`. */
export async function costAfter(deps: ScrubDeps, after?: ScrubPlace): Promise<number> {
  let cost = 0;
  let records = 0;
  for await (const record of recordsAfter(deps, after)) {
    cost += costOf(deps, record);
    records += 1;
    // A catalog in this process answers synchronously: let other work run in between.
    if (records % RECORDS_AT_ONCE === 0) await deps.pace(0);
  }
  return cost;
}

function costOf(deps: ScrubDeps, record: PackageRecord): number {
  const asks =
    [deps.store, deps.fallback].find((store) => store?.name === record.store)?.scrubbedBy ===
    'asking';
  return BASE_COST + (asks ? 0 : record.size);
}

async function* recordsAfter(
  deps: ScrubDeps,
  after: ScrubPlace | undefined,
): AsyncGenerator<PackageRecord, void, void> {
  const { catalog } = deps;
  let skipping = after !== undefined && (await hasVersion(deps, after.versionId));
  for await (const versionId of versions(deps)) {
    const isPlace = versionId === after?.versionId;
    if (skipping && !isPlace) continue;
    const packages = everyItem((page) => catalog.listPackages(versionId, PUBLISHED, page));
    for await (const record of packages) {
      // Names are ASCII: the order of the list is that of the text.
      if (!skipping || after === undefined || record.packageId > after.packageId) yield record;
    }
    skipping = false;
  }
}

async function hasVersion(deps: ScrubDeps, wanted: string): Promise<boolean> {
  for await (const versionId of versions(deps)) if (versionId === wanted) return true;
  return false;
}

async function* versions({ catalog }: ScrubDeps): AsyncGenerator<VersionId, void, void> {
  for await (const { versionId } of everyItem((page) => catalog.listVersions(page)))
    yield parseVersionId(versionId);
}
