/** Lets what can be read of a package follow its record: a yank reaches links that were handed out before, a restore gives them back. */
import { ServiceError } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Recall } from '../ports/recall.ts';
import type { PackageRecord } from '../records.ts';

export interface RecallDeps {
  readonly catalog: Pick<Catalog, 'getPackage'>;
  /** @default links that were handed out live to their end */
  readonly recall?: Recall;
}

/** A yank and a restore that overtake each other more often than this are a fight. */
const MOST_ROUNDS = 5;

/**
 * Does what the record says, and looks whether it still says so: of a yank and a restore at the same time, whoever acts last sees the
 * other's record, and acts again.
 * @returns the record as it stands. @throws CONFLICT where it never stands still, and what the recall throws: asked again, it goes on
 */
export async function recallAsRecorded(
  deps: RecallDeps,
  record: PackageRecord,
): Promise<PackageRecord> {
  const { catalog, recall } = deps;
  if (recall === undefined || recall.store !== record.store) return record;
  let stands = record;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    if (stands.state === 'yanked') await recall.withhold(stands.key, stands.blob);
    else if (stands.state === 'available') await recall.release(stands.key, stands.blob);
    else return stands;
    const now = await catalog.getPackage(stands);
    if (now === undefined || now.state === stands.state) return now ?? stands;
    stands = now;
  }
  throw new ServiceError(
    'CONFLICT',
    `package ${record.packageId} is yanked and restored at the same time; ask again for what you want`,
  );
}

/** What others keep of a deleted package goes, too. */
export async function forgetCopies(
  { recall }: Pick<RecallDeps, 'recall'>,
  record: PackageRecord,
): Promise<void> {
  if (recall === undefined) return;
  if (recall.store === record.store || recall.store === record.movedFrom?.store)
    await recall.forget(record.key);
}
