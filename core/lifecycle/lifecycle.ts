/** What happens to a package after it is published: yank, restore, delete. Each is repeatable. */
import type { Principal } from '../access/access.ts';
import type { Clock } from '../clock.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import type { PackageRef } from '../names.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Recall } from '../ports/recall.ts';
import { type Stores, storeNamed, storeOf } from '../ports/stores.ts';
import { removeVersion, statOfOurs } from '../proof/cleanup.ts';
import { readBack } from '../proof/proof.ts';
import type { BlobVersion, PackageChange, PackageRecord, PackageState } from '../records.ts';
import { forgetCopies, recallAsRecorded } from './recall-package.ts';

export interface LifecycleDeps extends Stores {
  readonly catalog: Catalog;
  readonly clock: Clock;
  /** @default links that were handed out live to their end */
  readonly recall?: Recall;
}

/**
 * Stops handing out a package, then recalls what was handed out: whatever breaks off in between is made up for by another yank.
 * @throws NOT_FOUND, CONFLICT where it was never published
 */
export async function yankPackage(
  deps: LifecycleDeps,
  caller: Principal,
  ref: PackageRef,
  reason: string | undefined,
): Promise<PackageRecord> {
  const yanked = await move(deps, ref, 'available', 'yanked', {
    state: 'yanked',
    yankedAt: deps.clock().toISOString(),
    yankedBy: caller.tokenId,
    yankReason: reason ?? null,
  });
  return recallAsRecorded(deps, yanked);
}

/** Hands out a yanked package again; a link to it may be refused until this has returned. @throws NOT_FOUND, CONFLICT where it was never published */
export async function restorePackage(deps: LifecycleDeps, ref: PackageRef): Promise<PackageRecord> {
  const restored = await move(deps, ref, 'yanked', 'available', {
    state: 'available',
    yankedAt: null,
    yankedBy: null,
    yankReason: null,
  });
  return recallAsRecorded(deps, restored);
}

/** Removes the bytes; the name stays taken. @throws NOT_FOUND, CONFLICT where it was never published, RETAINED where the bytes have to stay for a time */
export async function deletePackage(deps: LifecycleDeps, ref: PackageRef): Promise<PackageRecord> {
  const record = await deps.catalog.getPackage(ref);
  if (record?.state !== 'deleted') {
    if (record === undefined) throw unknown(ref);
    const expected = { attemptId: record.attemptId, states: ['available', 'yanked'] } as const;
    const touchedAt = deps.clock().toISOString();
    const change = { state: 'deleted', purging: true, touchedAt } as const;
    const deleted = await deps.catalog.changePackage(ref, expected, change);
    if (deleted === undefined) throw await refusal(deps, ref, 'deleted');
    return finishDelete(deps, deleted);
  }
  return record.purging === true ? finishDelete(deps, record) : record;
}

/** Removes the published bytes of a deleted record, and the copy that a move left behind. Bytes that somebody else put in their place stay: no record owns those. */
export async function finishDelete(
  deps: Pick<LifecycleDeps, 'catalog' | 'store' | 'fallback' | 'recall'>,
  record: PackageRecord,
): Promise<PackageRecord> {
  const { blob, movedFrom } = record;
  if (blob !== undefined) await removePublished(storeOf(deps, record), record, blob);
  // A store that this service has given up keeps its copy: nobody here could remove it.
  const left = movedFrom === undefined ? undefined : storeNamed(deps, movedFrom.store);
  if (movedFrom !== undefined && left !== undefined)
    await removePublished(left, record, movedFrom.blob);
  await forgetCopies(deps, record);
  const expected = { attemptId: record.attemptId, states: ['deleted'] } as const;
  return (
    (await deps.catalog.changePackage(record, expected, { purging: null, movedFrom: null })) ??
    record
  );
}

/** Other bytes than were published are read: a backup that was played back has the same bytes under another ETag, and those are ours. */
async function removePublished(
  store: BlobStore,
  record: PackageRecord,
  published: BlobVersion,
): Promise<void> {
  try {
    await store.delete(record.key, published);
  } catch (error) {
    if (!isServiceError(error, 'CONFLICT')) throw error;
    const stands = await statOfOurs(store, record.key);
    if (stands?.size !== record.size || stands.attemptId !== undefined) return;
    if ((await readBack(store, record.key, stands)) === record.sha256)
      await removeVersion(store, record.key, stands);
  }
}

async function move(
  deps: LifecycleDeps,
  ref: PackageRef,
  from: PackageState,
  to: PackageState,
  change: PackageChange,
): Promise<PackageRecord> {
  const record = await deps.catalog.getPackage(ref);
  if (record === undefined || record.state === 'deleted') throw unknown(ref);
  if (record.state === to) return record;
  const changed = await deps.catalog.changePackage(
    ref,
    { attemptId: record.attemptId, states: [from] },
    change,
  );
  return changed ?? settledBy(deps, ref, to);
}

/** Somebody else may have done the same in the meantime: that is done, too. */
async function settledBy(
  deps: LifecycleDeps,
  ref: PackageRef,
  to: PackageState,
): Promise<PackageRecord> {
  const record = await deps.catalog.getPackage(ref);
  if (record?.state === to) return record;
  throw await refusal(deps, ref, to);
}

async function refusal(
  deps: LifecycleDeps,
  ref: PackageRef,
  to: PackageState,
): Promise<ServiceError> {
  const record = await deps.catalog.getPackage(ref);
  if (record === undefined || record.state === 'deleted') return unknown(ref);
  return new ServiceError(
    'CONFLICT',
    `package ${ref.packageId} is ${record.state}: only a published one can become ${to}; an upload is given up by DELETE .../upload`,
  );
}

function unknown(ref: PackageRef): ServiceError {
  return new ServiceError('NOT_FOUND', `version ${ref.versionId} has no package ${ref.packageId}`);
}
