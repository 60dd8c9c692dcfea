/** Bytes have arrived under a key, as the store tells: an upload is finished whose publisher may be lost, and bytes that nobody waits for go. */
import { isServiceError } from '../errors.ts';
import { parsePackageKey } from '../names.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import { removeAttempt, statOfOurs } from '../proof/cleanup.ts';
import type { UploadDeps } from '../publishing/deps.ts';
import type { PackageRecord } from '../records.ts';
import { completeUpload } from './complete-upload.ts';

/**
 * `finished`: published, rejected or being verified by now. `removed`: bytes of an attempt that is over, gone again. `waits`: what was told of
 * is not there (any more), or is for somebody else to finish. `foreign`: bytes that are none of ours.
 */
export type Arrival = 'finished' | 'removed' | 'waits' | 'foreign';

/**
 * Repeatable, in any order and at any time: what is told is only where to look.
 * @param text a key as the store tells it
 * @throws INVALID_INPUT for what is no key of ours; faults of the store or the catalog, after which it is to be asked again
 */
export async function bytesArrived(deps: UploadDeps, text: string): Promise<Arrival> {
  const { key, versionId, packageId } = parsePackageKey(text);
  const record = await deps.catalog.getPackage({ versionId, packageId });
  if (record?.key === key && record.state !== 'deleted') return finish(deps, record);
  // No request is signed before its record is written: bytes of ours without one belong to an attempt that is over.
  return removeStray(deps.store, key);
}

async function finish(deps: UploadDeps, record: PackageRecord): Promise<Arrival> {
  // Parts are joined by whoever verifies, and that one also finishes.
  if (record.state === 'pending' && record.plan.method === 'multipart') return 'waits';
  if (record.state === 'verifying') return 'waits';
  try {
    await completeUpload(deps, record);
    return 'finished';
  } catch (error) {
    if (isServiceError(error, 'INTEGRITY', 'KEY_OCCUPIED', 'NOT_SUPPORTED')) return 'finished';
    if (isServiceError(error, 'NOT_UPLOADED', 'NOT_FOUND')) return 'waits';
    throw error;
  }
}

async function removeStray(store: BlobStore, key: PackageRecord['key']): Promise<Arrival> {
  const stands = await statOfOurs(store, key);
  if (stands === undefined) return 'waits';
  if (stands.attemptId === undefined) return 'foreign';
  await removeAttempt(store, key, stands.attemptId);
  return 'removed';
}
