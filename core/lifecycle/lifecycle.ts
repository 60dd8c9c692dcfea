/** Yanks, restores and deletes published packages. Each operation is repeatable. */
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
import {
  type BlobVersion,
  type PackageChange,
  type PackageRecord,
  type PackageState,
  PUBLISHED,
} from '../records.ts';
import { type ForgetCopies, forgetCopies, recallAsRecorded } from './recall-package.ts';

export interface LifecycleDeps extends Stores {
  readonly catalog: Catalog;
  readonly clock: Clock;
  /** @default links issued earlier keep working until they expire */
  readonly recall?: Recall;
}

/**
 * Stops downloads of a package, then recalls its links. If this breaks off in between, another yank
 * finishes it.
 * @param forget as of `recallAsRecorded`
 * @throws NOT_FOUND, CONFLICT if it was never published
 */
export async function yankPackage(
  deps: LifecycleDeps,
  caller: Principal,
  ref: PackageRef,
  reason: string | undefined,
  forget?: ForgetCopies,
): Promise<PackageRecord> {
  const yanked = await changeState(deps, ref, 'available', 'yanked', {
    state: 'yanked',
    yankedAt: deps.clock().toISOString(),
    yankedBy: caller.tokenId,
    yankReason: reason ?? null,
  });
  return recallAsRecorded(deps, yanked, forget);
}

/**
 * Allows downloads of a yanked package again. A link to it may be refused until this has returned.
 * @throws NOT_FOUND, CONFLICT if it was never published
 */
export async function restorePackage(deps: LifecycleDeps, ref: PackageRef): Promise<PackageRecord> {
  const restored = await changeState(deps, ref, 'yanked', 'available', {
    state: 'available',
    yankedAt: null,
    yankedBy: null,
    yankReason: null,
  });
  return recallAsRecorded(deps, restored);
}

/**
 * Removes the bytes; the name stays reserved.
 * @throws NOT_FOUND, CONFLICT if it was never published, RETAINED if the store has to keep the
 *   bytes for a time
 */
export async function deletePackage(deps: LifecycleDeps, ref: PackageRef): Promise<PackageRecord> {
  const record = await markDeleted(deps, ref);
  return record.purging === true ? finishDelete(deps, record) : record;
}

/** From now on the package is deleted, and the sweep removes its bytes if this caller does not. */
export async function markDeleted(deps: LifecycleDeps, ref: PackageRef): Promise<PackageRecord> {
  const record = await deps.catalog.getPackage(ref);
  if (record === undefined) throw unknown(ref);
  if (record.state === 'deleted') return record;
  const expected = { attemptId: record.attemptId, states: PUBLISHED };
  const touchedAt = deps.clock().toISOString();
  const change = { state: 'deleted', purging: true, touchedAt } as const;
  const deleted = await deps.catalog.changePackage(ref, expected, change);
  return deleted ?? settledBy(deps, ref, 'deleted');
}

type FinishDeps = Pick<LifecycleDeps, 'catalog' | 'store' | 'fallback' | 'recall'>;

/** Removes the bytes of a deleted record, and the copies that others keep. */
export async function finishDelete(
  deps: FinishDeps,
  record: PackageRecord,
): Promise<PackageRecord> {
  await removePublishedBytes(deps, record);
  await forgetCopies(deps, record);
  return settleDelete(deps, record);
}

/**
 * Removes the published bytes of a deleted record, and the copy that a migration left behind. Bytes
 * that somebody else put in their place stay, because no record owns them.
 */
export async function removePublishedBytes(deps: FinishDeps, record: PackageRecord): Promise<void> {
  const { blob, movedFrom } = record;
  if (blob !== undefined) await removePublished(storeOf(deps, record), record, blob);
  // A store that this service no longer has keeps its copy: the service cannot remove it.
  const left = movedFrom === undefined ? undefined : storeNamed(deps, movedFrom.store);
  if (movedFrom !== undefined && left !== undefined)
    await removePublished(left, record, movedFrom.blob);
}

/** Nothing is left to do for a deleted record. */
export async function settleDelete(
  deps: FinishDeps,
  record: PackageRecord,
): Promise<PackageRecord> {
  const expected = { attemptId: record.attemptId, states: ['deleted'] } as const;
  return (
    (await deps.catalog.changePackage(record, expected, { purging: null, movedFrom: null })) ??
    record
  );
}

/**
 * If the ETag is another one, the bytes are read: a restored backup has the same bytes under
 * another ETag, and those are removed too.
 */
async function removePublished(
  store: BlobStore,
  record: PackageRecord,
  published: BlobVersion,
): Promise<void> {
  try {
    await store.delete(record.key, published);
  } catch (error) {
    if (!isServiceError(error, 'CONFLICT')) throw error;
    const stored = await statOfOurs(store, record.key);
    if (stored?.size !== record.size || stored.attemptId !== undefined) return;
    if ((await readBack(store, record.key, stored)) === record.sha256)
      await removeVersion(store, record.key, stored);
  }
}

async function changeState(
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

/** If somebody else has done the same meanwhile, it is done. */
async function settledBy(
  deps: LifecycleDeps,
  ref: PackageRef,
  to: PackageState,
): Promise<PackageRecord> {
  const record = await deps.catalog.getPackage(ref);
  if (record?.state === to) return record;
  throw await explainRefusal(deps, ref, to);
}

async function explainRefusal(
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
