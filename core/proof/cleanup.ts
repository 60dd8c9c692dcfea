/**
 * Removes what an attempt left in the store, and nothing else: parts by upload id, bytes by the
 * attempt that sent them.
 */
import { isServiceError, ServiceError } from '../errors.ts';
import type { PackageKey, PackageRef } from '../names.ts';
import type { BlobInfo, BlobStore } from '../ports/blob-store.ts';
import type { Catalog } from '../ports/catalog.ts';
import { type Stores, storeOf } from '../ports/stores.ts';
import type { BlobVersion, PackageRecord } from '../records.ts';

/**
 * Removes the parts and bytes of the record's own attempt. Repeatable; what others stored under the
 * key stays.
 */
export async function removeBytesOf(store: BlobStore, record: PackageRecord): Promise<void> {
  const { key, plan, attemptId } = record;
  if (plan.method === 'multipart') await store.abortMultipart({ key, uploadId: plan.uploadId });
  await removeAttempt(store, key, attemptId);
}

/**
 * For work on an attempt whose record has changed: if the attempt was given up meanwhile, removes
 * what that work has stored.
 * @returns the record as it is now
 */
export async function removeIfGivenUp(
  deps: Stores & { readonly catalog: Pick<Catalog, 'getPackage'> },
  record: PackageRecord,
): Promise<PackageRecord | undefined> {
  const now = await deps.catalog.getPackage(record);
  if (now?.attemptId !== record.attemptId) await removeBytesOf(storeOf(deps, record), record);
  return now;
}

/** Removes the bytes under `key` if `attemptId` sent them. */
export async function removeAttempt(
  store: BlobStore,
  key: PackageKey,
  attemptId: string,
): Promise<void> {
  const info = await statOfOurs(store, key);
  if (info?.attemptId === attemptId) await removeVersion(store, key, info);
}

/** What is stored under the key; undefined also for something that cannot be a package file. */
export async function statOfOurs(store: BlobStore, key: PackageKey): Promise<BlobInfo | undefined> {
  try {
    return await store.stat(key);
  } catch (error) {
    if (isServiceError(error, 'KEY_OCCUPIED')) return undefined;
    throw error;
  }
}

/** Removes exactly these bytes. If other bytes are stored by now, those stay, and this succeeds. */
export async function removeVersion(
  store: BlobStore,
  key: PackageKey,
  version: BlobVersion,
): Promise<void> {
  try {
    await store.delete(key, version);
  } catch (error) {
    if (!isServiceError(error, 'CONFLICT')) throw error;
  }
}

/**
 * Removes what a dead attempt left under a free name; a foreign file stays. @throws KEY_OCCUPIED
 */
export async function clearKey(
  deps: { readonly store: BlobStore; readonly catalog: Pick<Catalog, 'getPackage'> },
  draft: PackageRef & { readonly key: PackageKey },
): Promise<void> {
  const info = await deps.store.stat(draft.key);
  if (info === undefined) return;
  // Somebody may have taken the name since we read. Then the bytes belong to that attempt.
  const owner = await deps.catalog.getPackage(draft);
  if (owner !== undefined && owner.state !== 'rejected') return;
  if (info.attemptId === undefined) {
    throw new ServiceError(
      'KEY_OCCUPIED',
      `${draft.key} already holds a file that Stowage did not upload; move it away first`,
    );
  }
  await deps.store.delete(draft.key, info);
}
