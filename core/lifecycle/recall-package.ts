/**
 * Makes the links of a package follow its record: a yank stops links that were issued earlier, and
 * a restore makes them work again.
 */
import { ServiceError } from '../errors.ts';
import type { PackageKey } from '../names.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Recall } from '../ports/recall.ts';
import type { PackageRecord } from '../records.ts';

export interface RecallDeps {
  readonly catalog: Pick<Catalog, 'getPackage'>;
  /** @default links issued earlier keep working until they expire */
  readonly recall?: Recall;
}

export type ForgetCopies = (recall: Recall, key: PackageKey) => Promise<void>;

/**
 * If yanks and restores overtake each other more often than this, two callers work against each
 * other.
 */
const MOST_ROUNDS = 5;

/**
 * Does what the record says, and checks whether it still says so. If a yank and a restore run at
 * the same time, the last one sees the other's record and acts again.
 * @param forget removes the copies that others keep. @default those of the package, at once
 * @returns the record as it is now
 * @throws CONFLICT if it keeps changing, and what the recall throws; calling again continues
 */
export async function recallAsRecorded(
  deps: RecallDeps,
  record: PackageRecord,
  forget: ForgetCopies = (recall, key) => recall.forget(key),
): Promise<PackageRecord> {
  const { catalog, recall } = deps;
  if (recall === undefined || recall.store !== record.store) return record;
  let current = record;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    if (current.state === 'yanked') {
      await recall.withhold(current.key, current.blob);
      await forget(recall, current.key);
    } else if (current.state === 'available') await recall.release(current.key, current.blob);
    else return current;
    const now = await catalog.getPackage(current);
    if (now === undefined || now.state === current.state) return now ?? current;
    current = now;
  }
  throw new ServiceError(
    'CONFLICT',
    `package ${record.packageId} is yanked and restored at the same time; ask again for what you want`,
  );
}

/** Removes copies of a deleted package that others keep. */
export async function forgetCopies(
  { recall }: Pick<RecallDeps, 'recall'>,
  record: PackageRecord,
): Promise<void> {
  if (recall === undefined) return;
  if (recall.store === record.store || recall.store === record.movedFrom?.store)
    await recall.forget(record.key);
}
