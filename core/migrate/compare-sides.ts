/**
 * Compares both stores of a migration with each other and with the catalog: how far it is, and what
 * is wrong. Reads files only if asked to.
 */

import { type PackageKey, parsePackageKey } from '../names.ts';
import type { BlobInfo } from '../ports/blob-store.ts';
import type { Catalog } from '../ports/catalog.ts';
import { statOfOurs } from '../proof/cleanup.ts';
import { readBack } from '../proof/proof.ts';
import { type PackageRecord, PUBLISHED } from '../records.ts';
import { isChosen, publishedRecords, type VersionFilter } from './catalog-records.ts';
import type { Side } from './copy/copy.ts';

export interface CompareDeps {
  readonly from: Side;
  readonly to: Side;
  /** Absent for trees that no catalog knows. */
  readonly catalog?: Pick<Catalog, 'getPackage' | 'listVersions' | 'listPackages'> | undefined;
}

/** Files and their bytes. */
export interface Amount {
  readonly files: number;
  readonly bytes: number;
}

export interface Comparison {
  /** What is stored where, also files that no record owns. */
  readonly onlyInFrom: Amount;
  readonly onlyInTo: Amount;
  readonly inBoth: Amount;
  /** Which store the records of the catalog name. Absent without a catalog. */
  readonly records?: { readonly from: Amount; readonly to: Amount; readonly elsewhere: Amount };
  readonly wrong: readonly Misfit[];
  /** How many more are wrong than `wrong` lists. */
  readonly untold: number;
}

interface Misfit {
  readonly key: PackageKey;
  readonly detail: string;
}

const MOST_LISTED = 1000;

class Tally {
  files = 0;
  bytes = 0;
  add(size: number): void {
    this.files += 1;
    this.bytes += size;
  }
  amount(): Amount {
    return { files: this.files, bytes: this.bytes };
  }
}

export interface CompareOptions extends VersionFilter {
  /** Reads every file in both stores. @default compares only what the stores report */
  readonly verifyFull?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function compareSides(
  deps: CompareDeps,
  options: CompareOptions = {},
): Promise<Comparison> {
  const { from, to, catalog } = deps;
  const [onlyInFrom, onlyInTo, inBoth] = [new Tally(), new Tally(), new Tally()];
  const misfits = new Misfits();
  let held = 0;
  for await (const one of sideBySide(from, to, options)) {
    options.signal?.throwIfAborted();
    const { key, here, there } = one;
    if (here !== undefined && there !== undefined) inBoth.add(there.size);
    else if (here !== undefined) onlyInFrom.add(here.size);
    else if (there !== undefined) onlyInTo.add(there.size);
    const record = await catalog?.getPackage(parsePackageKey(key));
    if (record !== undefined && isHeld(deps, record, one)) held += 1;
    for (const detail of await wrongWith(deps, one, record, options)) misfits.add(key, detail);
  }
  const amounts = {
    onlyInFrom: onlyInFrom.amount(),
    onlyInTo: onlyInTo.amount(),
    inBoth: inBoth.amount(),
  };
  if (catalog === undefined) return { ...amounts, ...misfits.listed };
  const records = await recordsBySide({ ...deps, catalog }, options);
  // Each record is looked up only if fewer files were found than records name.
  if (held < records.from.files + records.to.files)
    await addMissing({ ...deps, catalog }, options, misfits);
  return { ...amounts, records, ...misfits.listed };
}

class Misfits {
  readonly #wrong: Misfit[] = [];
  #unlisted = 0;
  add(key: PackageKey, detail: string): void {
    if (this.#wrong.length < MOST_LISTED) this.#wrong.push({ key, detail });
    else this.#unlisted += 1;
  }
  get listed(): Pick<Comparison, 'wrong' | 'untold'> {
    return { wrong: this.#wrong, untold: this.#unlisted };
  }
}

/** Whether the file that a record names was found under the key. */
function isHeld(
  deps: CompareDeps,
  record: PackageRecord,
  { key, here, there }: KeyInStores,
): boolean {
  if (record.key !== key || !PUBLISHED.includes(record.state)) return false;
  const side = sideOf(deps, record);
  return (side === 'from' && here !== undefined) || (side === 'to' && there !== undefined);
}

async function wrongWith(
  deps: CompareDeps,
  one: KeyInStores,
  record: PackageRecord | undefined,
  { verifyFull = false }: CompareOptions,
): Promise<readonly string[]> {
  const { from, to, catalog } = deps;
  const { key, here, there } = one;
  const wrong: string[] = [];
  if (here !== undefined && there !== undefined && here.size !== there.size) {
    wrong.push(`${here.size} bytes in ${from.place}, ${there.size} in ${to.place}`);
  }
  if (catalog !== undefined && !owns(record, key)) wrong.push('no record owns this file');
  const published = record?.key === key && PUBLISHED.includes(record.state) ? record : undefined;
  const side = published && sideOf(deps, published);
  const named = side === 'from' ? here : side === 'to' ? there : undefined;
  if (
    published !== undefined &&
    named !== undefined &&
    side !== undefined &&
    side !== 'elsewhere'
  ) {
    if (named.size !== published.size || named.etag !== published.blob?.etag) {
      wrong.push(`${deps[side].place} holds other bytes than its record names`);
    }
  }
  return verifyFull ? [...wrong, ...(await wrongBytes(deps, one, published?.sha256))] : wrong;
}

/**
 * Reads the file in both stores, and compares it with the record, or if there is none, with each
 * other.
 */
async function wrongBytes(
  { from, to }: CompareDeps,
  { key, here, there }: KeyInStores,
  published: string | undefined,
): Promise<readonly string[]> {
  const hashes: (readonly [string, string | undefined])[] = [];
  if (here !== undefined) hashes.push([from.place, await readBack(from.store, key, here)]);
  if (there !== undefined) hashes.push([to.place, await readBack(to.store, key, there)]);
  const wanted = published ?? hashes[0]?.[1];
  return hashes
    .filter(([, sha256]) => sha256 !== wanted)
    .map(
      ([place, sha256]) =>
        `${place} holds sha256 ${sha256 ?? 'none'}, and must hold ${wanted ?? 'none'}`,
    );
}

/**
 * A deleted record owns its bytes while they are being removed, any other record for as long as it
 * exists.
 */
function owns(record: PackageRecord | undefined, key: PackageKey): boolean {
  return record?.key === key && (record.state !== 'deleted' || record.purging === true);
}

interface KeyInStores {
  readonly key: PackageKey;
  readonly here: BlobInfo | undefined;
  readonly there: BlobInfo | undefined;
}

/** Merges the two lists, which have the same order. */
async function* sideBySide(
  from: Side,
  to: Side,
  filter: VersionFilter,
): AsyncGenerator<KeyInStores, void, void> {
  const left = from.store.list()[Symbol.asyncIterator]();
  const right = to.store.list()[Symbol.asyncIterator]();
  let [a, b] = [await left.next(), await right.next()];
  while (a.done !== true || b.done !== true) {
    const here: BlobInfo | undefined = a.done === true ? undefined : a.value;
    const there: BlobInfo | undefined = b.done === true ? undefined : b.value;
    const isLeft = here !== undefined && (there === undefined || here.key <= there.key);
    const isRight = there !== undefined && (here === undefined || there.key <= here.key);
    const key = isLeft ? here.key : there?.key;
    if (key === undefined) return;
    if (isChosen(filter, parsePackageKey(key).versionId)) {
      yield { key, here: isLeft ? here : undefined, there: isRight ? there : undefined };
    }
    if (isLeft) a = await left.next();
    if (isRight) b = await right.next();
  }
}

type WithCatalog = CompareDeps & { readonly catalog: NonNullable<CompareDeps['catalog']> };

async function recordsBySide(
  deps: WithCatalog,
  filter: VersionFilter,
): Promise<NonNullable<Comparison['records']>> {
  const tallies = { from: new Tally(), to: new Tally(), elsewhere: new Tally() };
  for await (const record of publishedRecords(deps.catalog, filter))
    tallies[sideOf(deps, record)].add(record.size);
  return {
    from: tallies.from.amount(),
    to: tallies.to.amount(),
    elsewhere: tallies.elsewhere.amount(),
  };
}

async function addMissing(
  deps: WithCatalog,
  filter: VersionFilter,
  misfits: Misfits,
): Promise<void> {
  for await (const record of publishedRecords(deps.catalog, filter)) {
    const side = sideOf(deps, record);
    if (side === 'elsewhere' || (await statOfOurs(deps[side].store, record.key)) !== undefined)
      continue;
    // It may have been deleted or migrated since the list was read.
    const now = await deps.catalog.getPackage(record);
    if (now?.store !== record.store || !PUBLISHED.includes(now.state)) continue;
    misfits.add(
      record.key,
      `its record names ${deps[side].place}, which has nothing under this key`,
    );
  }
}

function sideOf({ from, to }: CompareDeps, { store }: PackageRecord): 'from' | 'to' | 'elsewhere' {
  if (store === from.store.name) return 'from';
  return store === to.store.name ? 'to' : 'elsewhere';
}
