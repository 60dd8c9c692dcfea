/**
 * Handles a store's event that bytes have arrived under a key: finishes the upload, whose publisher
 * may be lost, or removes bytes that no upload needs.
 */
import { isServiceError } from '../errors.ts';
import { parsePackageKey } from '../names.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import { removeAttempt, statOfOurs } from '../proof/cleanup.ts';
import type { UploadDeps } from '../publishing/deps.ts';
import type { PackageRecord } from '../records.ts';
import { completeUpload } from './complete-upload.ts';

/**
 * - `finished`: published, rejected, or being verified.
 * - `removed`: bytes of a dead attempt, or for a sealed version, which are gone now.
 * - `waits`: nothing is stored, or somebody else will finish it.
 * - `foreign`: a foreign file.
 */
export type Arrival = 'finished' | 'removed' | 'waits' | 'foreign';

/**
 * Repeatable, in any order and at any time: the event only says where to look.
 * @param text a key as the store writes it
 * @throws INVALID_INPUT if it is not a package key; faults of the store or the catalog, after which
 *   it must be called again
 */
export async function bytesArrived(deps: UploadDeps, text: string): Promise<Arrival> {
  const { key, versionId, packageId } = parsePackageKey(text);
  const record = await deps.catalog.getPackage({ versionId, packageId });
  if (record?.key === key && record.state !== 'deleted') return finish(deps, record);
  // No request is signed before its record is written, so bytes with an attempt but without a
  // record belong to a dead attempt.
  return removeDeadAttempt(deps.store, key);
}

async function finish(deps: UploadDeps, record: PackageRecord): Promise<Arrival> {
  // The worker that verifies joins the parts, and also finishes the upload.
  if (record.state === 'pending' && record.plan.method === 'multipart') return 'waits';
  if (record.state === 'verifying') return 'waits';
  try {
    await completeUpload(deps, record);
    return 'finished';
  } catch (error) {
    if (isServiceError(error, 'INTEGRITY', 'KEY_OCCUPIED', 'NOT_SUPPORTED')) return 'finished';
    if (isServiceError(error, 'SEALED')) return 'removed';
    if (isServiceError(error, 'NOT_UPLOADED', 'NOT_FOUND')) return 'waits';
    throw error;
  }
}

async function removeDeadAttempt(store: BlobStore, key: PackageRecord['key']): Promise<Arrival> {
  const stored = await statOfOurs(store, key);
  if (stored === undefined) return 'waits';
  if (stored.attemptId === undefined) return 'foreign';
  await removeAttempt(store, key, stored.attemptId);
  return 'removed';
}
