/** Keeps an upload alive while its publisher works on it, and says when it expires. */
import { addSeconds } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import type { UploadDeps } from '../publishing/deps.ts';
import type { PackageRecord } from '../records.ts';

/** Not every request is worth a write: the retention may be shorter by this share. */
const SHARE_WITHOUT_WRITE = 0.01;

/**
 * Lets the retention begin again.
 * @throws CONFLICT if the upload ended meanwhile
 */
export async function touch(
  deps: Pick<UploadDeps, 'catalog' | 'clock' | 'limits'>,
  record: PackageRecord,
): Promise<PackageRecord> {
  const now = deps.clock();
  const idleSeconds = (now.getTime() - Date.parse(record.touchedAt)) / 1000;
  // A time in the future was written by a wrong clock.
  if (idleSeconds >= 0 && idleSeconds < deps.limits.uploadRetentionSeconds * SHARE_WITHOUT_WRITE)
    return record;
  const expected = { attemptId: record.attemptId, states: ['pending'] } as const;
  const touched = await deps.catalog.changePackage(record, expected, {
    touchedAt: now.toISOString(),
  });
  if (touched !== undefined) return touched;
  throw new ServiceError(
    'CONFLICT',
    `the upload of ${record.key} ended in the meantime; ask again`,
  );
}

/** When the retention of an upload ends. */
export function uploadExpiry(deps: Pick<UploadDeps, 'limits'>, record: PackageRecord): Date {
  return addSeconds(new Date(record.touchedAt), deps.limits.uploadRetentionSeconds);
}
