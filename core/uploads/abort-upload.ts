/** Gives up an upload: removes what was sent, and makes the name free again. */
import { ServiceError } from '../errors.ts';
import type { PackageRef } from '../names.ts';
import type { Expected } from '../ports/catalog.ts';
import { storeOf } from '../ports/stores.ts';
import { removeBytesOf } from '../proof/cleanup.ts';
import type { UploadDeps } from '../publishing/deps.ts';
import { UNDER_WAY } from '../records.ts';

/**
 * Works in every state of an upload. The record goes first, by a conditional write, so that nothing
 * publishes what is being removed. A verification removes what it stores after that, and the sweep
 * removes what a fault leaves.
 * @throws NOT_FOUND, CONFLICT if the upload was published
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
  const { attemptId } = record;
  const expected: Expected = { attemptId, states: [...UNDER_WAY, 'rejected'] };
  if (!(await deps.catalog.removePackage(record, expected))) {
    throw new ServiceError(
      'CONFLICT',
      `${ref.packageId} is published (${record.state}): only an unfinished upload can be given up; delete the package instead`,
    );
  }
  await removeBytesOf(storeOf(deps, record), record);
}
