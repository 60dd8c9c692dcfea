/** Verification: joins the parts of an upload, reads back what no store has proven, and publishes or rejects. Runs off the request, again and again until it ends. */
import { isServiceError } from '../errors.ts';
import type { PackageRef } from '../names.ts';
import type { PackageRecord } from '../records.ts';
import { storeOf } from '../stores.ts';
import type { UploadDeps } from './deps.ts';
import { prove } from './proof.ts';
import { publish, reject } from './publish.ts';

type VerifyDeps = Pick<UploadDeps, 'catalog' | 'store' | 'fallback' | 'clock'>;

/**
 * Repeatable, at any time and by several at once. A fault of the store or the catalog is thrown and leaves the package `verifying`, to be tried again.
 * @returns the record as it stands now; undefined where it is gone
 */
export async function verifyUpload(deps: VerifyDeps, ref: PackageRef): Promise<PackageRecord | undefined> {
  const record = await deps.catalog.getPackage(ref);
  if (record?.state !== 'verifying') return record;
  try {
    const wrong = await join(deps, record);
    if (wrong !== undefined) return await reject(deps, record, { code: 'INTEGRITY', detail: wrong });
    const proof = await prove(storeOf(deps, record), record);
    return proof.outcome === 'unproven' ? record : await publish(deps, record, proof);
  } catch (error) {
    if (!isServiceError(error, 'KEY_OCCUPIED')) throw error;
    return reject(deps, record, { code: 'KEY_OCCUPIED', detail: error.message });
  }
}

/**
 * Joins the parts where that has not been done. What the store then holds, if anything, is for the proof to say.
 * @returns what was wrong with the bytes, where the store itself refuses them
 */
async function join(deps: VerifyDeps, record: PackageRecord): Promise<string | undefined> {
  if (record.plan.method === 'single') return undefined;
  try {
    await storeOf(deps, record).completeMultipart({ key: record.key, uploadId: record.plan.uploadId });
  } catch (error) {
    if (isServiceError(error, 'INTEGRITY')) return error.message;
    // Joined before (its answer was lost), a part went missing, or something stands under the key: the proof looks.
    if (!isServiceError(error, 'NOT_FOUND', 'NOT_UPLOADED', 'ALREADY_EXISTS')) throw error;
  }
  return undefined;
}
