/** Giving an upload up: the name is free again, and what was sent goes. */
import { ServiceError } from '../errors.ts';
import type { PackageRef } from '../names.ts';
import { storeOf } from '../ports/stores.ts';
import { removeBytesOf } from '../proof/cleanup.ts';
import type { UploadDeps } from '../publishing/deps.ts';

/**
 * In every state of an upload. The record goes first, by a conditional write, so that nothing publishes what is being removed; what a
 * verification stores after that it removes itself, and what a fault leaves the sweep removes.
 * @throws NOT_FOUND, CONFLICT where the upload was published
 */
export async function abortUpload(
  deps: Pick<UploadDeps, 'catalog' | 'store' | 'fallback'>,
  ref: PackageRef,
): Promise<void> {
  const record = await deps.catalog.getPackage(ref);
  if (record === undefined || record.state === 'deleted') {
    throw new ServiceError(
      'NOT_FOUND',
      `version ${ref.versionId} has no upload of ${ref.packageId}`,
    );
  }
  const expected = {
    attemptId: record.attemptId,
    states: ['pending', 'verifying', 'rejected'],
  } as const;
  if (!(await deps.catalog.removePackage(record, expected))) {
    throw new ServiceError(
      'CONFLICT',
      `${ref.packageId} is published (${record.state}): an upload is given up, a package is deleted`,
    );
  }
  await removeBytesOf(storeOf(deps, record), record);
}
