/** Holds both stores of a migration and the catalog against each other, without reading a file: how far it is, and what does not fit. */
import { type PackageKey, parsePackageKey } from '../names.ts';
import type { BlobInfo } from '../ports/blob-store.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { PackageRecord } from '../records.ts';
import type { Side } from './side.ts';
import { isChosen, publishedRecords, type VersionFilter } from './walk-records.ts';

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
  /** What lies where, whoever owns it. */
  readonly onlyInFrom: Amount;
  readonly onlyInTo: Amount;
  readonly inBoth: Amount;
  /** By the catalog: which store its records name. Absent without one. */
  readonly records?: { readonly from: Amount; readonly to: Amount; readonly elsewhere: Amount };
  readonly wrong: readonly Misfit[];
  /** How many more are wrong than `wrong` tells. */
  readonly untold: number;
}

export interface Misfit {
  readonly key: PackageKey;
  readonly detail: string;
}

const MOST_TOLD = 1000;

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

export async function compareSides(deps: CompareDeps, filter: VersionFilter = {}): Promise<Comparison> {
  const { from, to, catalog } = deps;
  const [onlyInFrom, onlyInTo, inBoth] = [new Tally(), new Tally(), new Tally()];
  const wrong: Misfit[] = [];
  let untold = 0;
  const tell = (key: PackageKey, detail: string) => {
    if (wrong.length < MOST_TOLD) wrong.push({ key, detail });
    else untold += 1;
  };
  for await (const { key, here, there } of sideBySide(from, to, filter)) {
    if (here !== undefined && there !== undefined) inBoth.add(there.size);
    else if (here !== undefined) onlyInFrom.add(here.size);
    else if (there !== undefined) onlyInTo.add(there.size);
    if (here !== undefined && there !== undefined && here.size !== there.size) {
      tell(key, `${here.size} bytes in ${from.place}, ${there.size} in ${to.place}`);
    }
    if (catalog !== undefined && (await catalog.getPackage(parsePackageKey(key)))?.key !== key)
      tell(key, 'no record owns this file');
  }
  const amounts = { onlyInFrom: onlyInFrom.amount(), onlyInTo: onlyInTo.amount(), inBoth: inBoth.amount() };
  if (catalog === undefined) return { ...amounts, wrong, untold };
  const records = await recordsBySide({ ...deps, catalog }, filter, tell);
  return { ...amounts, records, wrong, untold };
}

interface KeyOnSides {
  readonly key: PackageKey;
  readonly here: BlobInfo | undefined;
  readonly there: BlobInfo | undefined;
}

/** Merges the two lists, which are in the same order. */
async function* sideBySide(from: Side, to: Side, filter: VersionFilter): AsyncGenerator<KeyOnSides, void, void> {
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

async function recordsBySide(
  deps: CompareDeps & { readonly catalog: NonNullable<CompareDeps['catalog']> },
  filter: VersionFilter,
  tell: (key: PackageKey, detail: string) => void,
): Promise<NonNullable<Comparison['records']>> {
  const tallies = { from: new Tally(), to: new Tally(), elsewhere: new Tally() };
  for await (const record of publishedRecords(deps.catalog, filter)) {
    const side = sideOf(deps, record);
    tallies[side].add(record.size);
    if (side === 'elsewhere') continue;
    const held = await deps[side].store.stat(record.key);
    if (held === undefined) tell(record.key, `its record names ${deps[side].place}, which has nothing under this key`);
    else if (held.size !== record.size || held.etag !== record.blob?.etag) {
      tell(record.key, `${deps[side].place} holds other bytes than its record names`);
    }
  }
  return { from: tallies.from.amount(), to: tallies.to.amount(), elsewhere: tallies.elsewhere.amount() };
}

function sideOf({ from, to }: CompareDeps, { store }: PackageRecord): 'from' | 'to' | 'elsewhere' {
  if (store === from.store.name) return 'from';
  return store === to.store.name ? 'to' : 'elsewhere';
}
