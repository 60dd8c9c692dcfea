/**
 * Decides which package holds a name in a version, without transactions.
 *
 * Each name of a package (its filename and its alias) has a claim: an item that contains the
 * packageId and the attemptId. How an upload takes its names:
 *
 * 1. It writes its claims, each only where there is none, or over one that does not count. A claim
 *    counts while the record that it names is there with the same attempt, and not rejected. One
 *    that does not count was left by a crash or by an upload that ended, or its record is yet to be
 *    written. It is overwritten only as it was seen: a claim that was written again meanwhile is
 *    looked at again.
 * 2. It writes its record. From now on its claims count.
 * 3. It writes its claims again, marked as kept. What it lost between 1 and 3 it takes back from an
 *    upload that does not count. Where it cannot, it withdraws its record.
 *
 * A kept claim was written after its record, so no one overwrites it who looked before: it is lost
 * only after its record is gone or rejected, which is for good. A crash after 1 leaves claims that do
 * not count. A crash after 2 leaves a record that may have lost a claim: so publishing does step 3
 * for claims that are not kept (`holdsNames`), and rejects an upload that lost one. Every published
 * package has kept claims on all its names, and a name has one claim.
 */
import { ServiceError } from '../../core/errors.ts';
import type { PackageId, PackageRef, VersionId } from '../../core/names.ts';
import { aliasOf, namesOf, normalName, publicNameOf } from '../../core/naming/filenames.ts';
import type { PackageRecord } from '../../core/records.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { hasAttributes, IS_NEW, IS_THERE } from './expressions.ts';
import type { Item } from './fields.ts';
import { CLAIMED, type PlacedItem, readPackage } from './items.ts';
import { wholePartition } from './lists.ts';
import { claimPlace, packagePlace, packagesOf, versionPlace } from './table.ts';

/** Other uploads may take and free the same name between a read and a write. */
const TRIES = 5;

const KEPT = 'kept';

/** Which upload holds a name. */
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
   * Keeps the names of a record that was written; a name that it lost to an upload that does not
   * count it takes back. @returns whether it has all its names
   */
  async keep(record: PackageRecord): Promise<boolean> {
    for (const name of namesOf(record)) {
      const claim = keptItem(claimPlace(record.versionId, name), record);
      if (await this.#table.put(claim, isClaimOf(record))) continue;
      if (!(await this.#acquire(record, name, true))) return false;
    }
    return true;
  }

  /** The names of a record that has no kept claim on them. */
  async notKept(record: PackageRecord): Promise<readonly string[]> {
    const names = namesOf(record);
    const places = names.map((name) => claimPlace(record.versionId, name));
    const items = await this.#table.getMany(places);
    const kept = new Set(
      items.filter((item) => isOf(item, record) && isKept(item)).map((item) => item['sk']?.S),
    );
    return names.filter((_, index) => !kept.has(places[index]?.sk));
  }

  /** Gives names back that this upload holds. */
  async release(holder: Holder, names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.#table.delete(claimPlace(holder.versionId, name), isClaimOf(holder));
    }
  }

  /** @param kept only for a holder whose record was written */
  async #acquire(holder: Holder, name: string, kept = false): Promise<boolean> {
    const { versionId } = holder;
    const place = claimPlace(versionId, name);
    const claim = kept ? keptItem(place, holder) : claimItem(place, holder);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (await this.#table.put(claim, IS_NEW)) return true;
      const found = await this.#table.get(place);
      if (found === undefined) continue;
      if (isOf(found, holder)) {
        if (!kept || isKept(found)) return true;
      } else if (await this.#counts(holderOf(versionId, found))) {
        return false;
      }
      if (await this.#table.put(claim, isAsSeen(found))) return true;
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
    const records = (await wholePartition(this.#table, packagesOf(versionId)))
      .map(readPackage)
      .filter(({ state }) => state !== 'rejected')
      .sort((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1));
    for (const record of records) await this.#acquire(record, aliasOf(record), true);
    const lost: PackageRecord[] = [];
    for (const record of records) {
      const { attemptId } = record;
      if (record.filenameTaken !== true) {
        const name = normalName(publicNameOf(record));
        if (await this.#acquire(record, name, true)) continue;
      }
      lost.push(record);
      await this.#table.update(
        packagePlace(record),
        { set: { filenameTaken: { S: 'true' } }, remove: [] },
        hasAttributes({ attemptId: { S: attemptId } }),
      );
    }
    const claimed = { set: { [CLAIMED]: { S: 'true' } }, remove: [] };
    await this.#table.update(versionPlace(versionId), claimed, IS_THERE);
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

/** The claim of an upload whose record was written before. */
function keptItem(place: { readonly pk: string; readonly sk: string }, holder: Holder): PlacedItem {
  return { ...claimItem(place, holder), [KEPT]: { S: 'true' } };
}

function isKept(item: Item): boolean {
  return item[KEPT] !== undefined;
}

/** Every write has an id of its own. */
function isAsSeen(item: Item) {
  return hasAttributes({ writeId: item['writeId'] });
}

function isOf(item: Item, holder: Holder): boolean {
  return item['packageId']?.S === holder.packageId && item['attemptId']?.S === holder.attemptId;
}

function isClaimOf({ packageId, attemptId }: Holder) {
  return hasAttributes({ packageId: { S: packageId }, attemptId: { S: attemptId } });
}
