/** Logs the audit line of a verification, in the name of the publisher. */
import type { PackageRecord } from '../../core/records.ts';
import type { Log } from '../host/log.ts';

/** @param ms the duration of the verification, or of its last step */
export function reportVerification(log: Log, record: PackageRecord, ms: number): void {
  const { versionId, packageId, state, createdBy, attemptId, rejection } = record;
  const line = {
    action: 'verifyUpload',
    who: createdBy,
    versionId,
    packageId,
    state,
    attemptId,
    ms,
  };
  if (state === 'available') log.info({ audit: true, ...line });
  else if (state === 'rejected') log.warn({ audit: true, ...line, reason: rejection });
  else log.warn(line, 'verified without a result: the bytes are missing');
}
