/**
 * Verifies an upload in one go: joins its parts, reads back what the store has not proven, and
 * publishes or rejects it. Runs outside of requests, repeatedly until the upload ends.
 */
import { isServiceError } from '../errors.ts';
import type { PackageRef } from '../names.ts';
import { storeOf } from '../ports/stores.ts';
import { removeIfGivenUp } from '../proof/cleanup.ts';
import { prove } from '../proof/proof.ts';
import type { PackageRecord } from '../records.ts';
import type { UploadDeps } from './deps.ts';
import { joinParts } from './join-parts.ts';
import { publish, reject } from './publish.ts';

type VerifyDeps = Pick<UploadDeps, 'catalog' | 'store' | 'fallback' | 'clock'>;

/**
 * Repeatable, at any time, also in several processes. A fault of the store or the catalog is thrown
 * and leaves the package `verifying`, to be tried again.
 * @returns the record as it is now; undefined if it is gone
 */
export async function verifyUpload(
  deps: VerifyDeps,
  ref: PackageRef,
): Promise<PackageRecord | undefined> {
  const record = await deps.catalog.getPackage(ref);
  if (record?.state !== 'verifying') return record;
  try {
    const rejection = await joinParts(deps, record);
    if (rejection !== undefined) return await reject(deps, record, rejection);
    const proof = await prove(storeOf(deps, record), record);
    if (proof.outcome === 'unproven') return record;
    return (await publish(deps, record, proof)) ?? (await removeIfGivenUp(deps, record));
  } catch (error) {
    if (isServiceError(error, 'SEALED')) return undefined;
    if (!isServiceError(error, 'KEY_OCCUPIED')) throw error;
    return reject(deps, record, { code: 'KEY_OCCUPIED', detail: error.message });
  }
}
