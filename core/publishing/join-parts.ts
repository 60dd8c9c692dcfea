/** The first step of every verification: the parts of an upload become one file. */
import { isServiceError } from '../errors.ts';
import { storeOf } from '../ports/stores.ts';
import type { PackageRecord, Rejection } from '../records.ts';
import type { UploadDeps } from './deps.ts';

/**
 * Joins the parts where that has not been done. What the store then holds, if anything, is for the proof to say.
 * @returns why the upload can't succeed, where the store itself refuses its parts for good
 */
export async function joinParts(
  deps: Pick<UploadDeps, 'store' | 'fallback'>,
  record: PackageRecord,
): Promise<Rejection | undefined> {
  if (record.plan.method === 'single') return undefined;
  try {
    await storeOf(deps, record).completeMultipart({
      key: record.key,
      uploadId: record.plan.uploadId,
    });
  } catch (error) {
    if (isServiceError(error, 'INTEGRITY')) return { code: 'INTEGRITY', detail: error.message };
    if (isServiceError(error, 'NOT_SUPPORTED'))
      return { code: 'NOT_SUPPORTED', detail: error.message };
    // Joined before (its answer was lost), a part went missing, or something stands under the key: the proof looks.
    if (!isServiceError(error, 'NOT_FOUND', 'NOT_UPLOADED', 'ALREADY_EXISTS')) throw error;
  }
  return undefined;
}
