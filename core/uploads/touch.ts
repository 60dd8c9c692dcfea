/** Keeps an upload alive that somebody works on. */
import { ServiceError } from '../errors.ts';
import type { UploadDeps } from '../publishing/deps.ts';
import type { PackageRecord } from '../records.ts';

/** Not every request is worth a write: retention may be short by this share of itself. */
const SHARE_WITHOUT_WRITE = 0.01;

/**
 * Counts retention from now on.
 * @throws CONFLICT where the upload ended in the meantime
 */
export async function touch(
  deps: Pick<UploadDeps, 'catalog' | 'clock' | 'limits'>,
  record: PackageRecord,
): Promise<PackageRecord> {
  const now = deps.clock();
  const idleSeconds = (now.getTime() - Date.parse(record.touchedAt)) / 1000;
  // A last use in the future was written by a clock that was wrong.
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
