/**
 * Decides which package holds a name in a version, without transactions.
 *
 * Each name of a package (its filename and its alias) has a claim: an item that contains the
 * packageId and the attemptId. How an upload takes its names:
 *
 * 1. It writes its claims, each only if there is none. A claim counts while the record that it
 *    names exists with the same attempt, and is not rejected. A claim that does not count (its
 *    server crashed, or its upload was aborted) is overwritten, if it is still the same. Then the
 *    record is read once more, and if it has appeared in the meantime, the claim is given back.
 * 2. It writes its record. From now on its claims count.
 * 3. It reads its claims again. An upload that lost one in between withdraws its record.
 *
 * A crash after 1 leaves claims that do not count. A crash after 2 leaves a record that may have
 * lost a claim. So publishing repeats step 3 (`holdsNames`), and rejects an upload that lost.
 * Nothing is published under a name that another package holds.
 */
import { ServiceError } from '../../core/errors.ts';
import { TABLE } from '../../core/layout.ts';
import type { PackageId, PackageRef, VersionId } from '../../core/names.ts';
import { aliasOf, namesOf } from '../../core/naming/filenames.ts';
import type { PackageRecord } from '../../core/records.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { hasAttributes, IS_NEW, IS_THERE } from './expressions.ts';
import type { Item } from './fields.ts';
import { CLAIMED, type PlacedItem, readPackage } from './items.ts';
import { everyItem } from './lists.ts';
import { claimPlace, packagePlace, packagesOf } from './table.ts';

/** Other uploads may take and free the same name between a read and a write. */
const TRIES = 5;

/** The upload that holds a name. */
export interface Holder extends PackageRef {
  readonly attemptId: string;
}

export class Claims {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  /**
   * Takes all names of a record, or none.
   * @param replaced the attempt whose record this one is about to replace
   * @returns a function that gives them back; undefined if another package has one of them
   */
  async take(record: PackageRecord, replaced?: string): Promise<(() => Promise<void>) | undefined> {
    const { versionId, packageId } = record;
    const before =
      replaced === undefined ? undefined : { versionId, packageId, attemptId: replaced };
    const undo: (() => Promise<unknown>)[] = [];
    const giveBack = async () => {
      for (const step of undo.reverse()) await step();
    };
    for (const name of namesOf(record)) {
      const place = claimPlace(versionId, name);
      if (before && (await this.#table.put(claimItem(place, record), isClaimOf(before)))) {
        undo.push(() => this.#table.put(claimItem(place, before), isClaimOf(record)));
      } else if (await this.#acquire(record, name)) {
        undo.push(() => this.#table.delete(place, isClaimOf(record)));
      } else {
        await giveBack();
        return undefined;
      }
    }
    return giveBack;
  }

  /**
   * Whether a written record has its names. A name that it lost to a removed upload is taken back.
   */
  async holds(record: PackageRecord): Promise<boolean> {
    const names = namesOf(record);
    const items = await this.#table.getMany(
      names.map((name) => claimPlace(record.versionId, name)),
    );
    const mine = new Set(
      items.filter((item) => isOf(item, record)).map((item) => item['sk']?.S ?? ''),
    );
    for (const name of names) {
      const place = claimPlace(record.versionId, name);
      if (!mine.has(place.sk) && !(await this.#acquire(record, name))) return false;
    }
    return true;
  }

  /** Gives back the names that this upload holds. */
  async release(holder: Holder, names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.#table.delete(claimPlace(holder.versionId, name), isClaimOf(holder));
    }
  }

  async #acquire(holder: Holder, name: string): Promise<boolean> {
    const { versionId } = holder;
    const place = claimPlace(versionId, name);
    const claim = claimItem(place, holder);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (await this.#table.put(claim, IS_NEW)) return true;
      const found = await this.#table.get(place);
      if (found === undefined) continue;
      if (isOf(found, holder)) return true;
      const other = holderOf(versionId, found);
      if (await this.#counts(other)) return false;
      if (!(await this.#table.put(claim, isClaimOf(other)))) continue;
      if (!(await this.#counts(other))) return true;
      await this.#table.put(claimItem(place, other), isClaimOf(holder));
      return false;
    }
    return false;
  }

  async #counts(holder: Holder): Promise<boolean> {
    const item = await this.#table.get(packagePlace(holder));
    return item?.['attemptId']?.S === holder.attemptId && item['state']?.S !== 'rejected';
  }

  /**
   * Claims the names of all packages in a version of an earlier release. Aliases come first, so
   * that every link still leads to the same file; then filenames, in the order of publication.
   * Repeatable, and other servers may do it at the same time.
   * @returns the packages whose filename another one has: only their alias leads to them
   */
  async upgrade(versionId: VersionId): Promise<readonly PackageRecord[]> {
    const records = (await everyItem(this.#table, packagesOf(versionId)))
      .map(readPackage)
      .filter(({ state }) => state !== 'rejected')
      .sort((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1));
    for (const record of records) await this.#acquire(record, aliasOf(record));
    const lost: PackageRecord[] = [];
    for (const record of records) {
      const [name] = namesOf(record);
      if (name === undefined || (await this.#acquire(record, name))) continue;
      lost.push(record);
      const { attemptId } = record;
      await this.#table.update(
        packagePlace(record),
        { set: { filenameTaken: { S: 'true' } }, remove: [] },
        hasAttributes({ attemptId: { S: attemptId } }),
      );
    }
    const place = { pk: TABLE.partition.versions, sk: versionId };
    await this.#table.update(place, { set: { [CLAIMED]: { S: 'true' } }, remove: [] }, IS_THERE);
    return lost;
  }
}

/** Sorts published packages first, the oldest of them first. */
function orderOf({ publishedAt = '9999', packageId }: PackageRecord): string {
  return `${publishedAt} ${packageId}`;
}

/** @throws INTERNAL */
export function holderOf(versionId: VersionId, item: Item): Holder {
  const packageId = item['packageId']?.S;
  const attemptId = item['attemptId']?.S;
  if (packageId !== undefined && attemptId !== undefined)
    return { versionId, packageId: packageId as PackageId, attemptId };
  throw new ServiceError(
    'INTERNAL',
    `the name ${item['pk']?.S} / ${item['sk']?.S} in the catalog is broken: it names no package; restore the table to a point before`,
  );
}

function claimItem(
  place: { readonly pk: string; readonly sk: string },
  holder: Holder,
): PlacedItem {
  return {
    pk: { S: place.pk },
    sk: { S: place.sk },
    packageId: { S: holder.packageId },
    attemptId: { S: holder.attemptId },
  };
}

function isOf(item: Item, holder: Holder): boolean {
  return item['packageId']?.S === holder.packageId && item['attemptId']?.S === holder.attemptId;
}

function isClaimOf({ packageId, attemptId }: Holder) {
  return hasAttributes({ packageId: { S: packageId }, attemptId: { S: attemptId } });
}
