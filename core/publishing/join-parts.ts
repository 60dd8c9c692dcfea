/** The first step of every verification: joins the parts of an upload into one file. */
import { isServiceError } from '../errors.ts';
import { storeOf } from '../ports/stores.ts';
import { digestOf, type PackageRecord, type Rejection } from '../records.ts';
import type { UploadDeps } from './deps.ts';

/**
 * Joins the parts if that was not done yet. The proof then finds out what the store holds, if
 * anything.
 * @returns why the upload cannot succeed, if the store will always refuse its parts
 */
export async function joinParts(
  deps: Pick<UploadDeps, 'store' | 'fallback'>,
  record: PackageRecord,
): Promise<Rejection | undefined> {
  if (record.plan.method === 'single') return undefined;
  try {
    await storeOf(deps, record).completeMultipart(
      { key: record.key, uploadId: record.plan.uploadId },
      digestOf(record),
    );
  } catch (error) {
    if (isServiceError(error, 'INTEGRITY')) return { code: 'INTEGRITY', detail: error.message };
    if (isServiceError(error, 'NOT_SUPPORTED'))
      return { code: 'NOT_SUPPORTED', detail: error.message };
    // They were joined before (and the answer was lost), a part is missing, or something is stored
    // under the key: the proof finds out.
    if (!isServiceError(error, 'NOT_FOUND', 'NOT_UPLOADED', 'ALREADY_EXISTS')) throw error;
  }
  return undefined;
}
