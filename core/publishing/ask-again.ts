/** Requests a verification again, but only if no worker seems to be verifying the package. */
import type { PackageRecord } from '../records.ts';
import type { UploadDeps } from './deps.ts';
import { idleSeconds } from './ticket.ts';

type AskDeps = Pick<UploadDeps, 'catalog' | 'clock' | 'verification'>;

/**
 * Publishers poll and sweeps repeat: without this rule, each of them would cause another read of a
 * large file.
 * @returns whether it was requested
 */
export async function askAgain(deps: AskDeps, record: PackageRecord): Promise<boolean> {
  const { patienceSeconds = 0 } = deps.verification;
  if (patienceSeconds === 0) {
    await deps.verification.enqueue(record);
    return true;
  }
  const now = deps.clock();
  if (idleSeconds(record.touchedAt, now) < patienceSeconds) return false;
  // Of several callers that see this, one requests it.
  const touched = await touchVerifying(deps, record);
  if (touched !== undefined) await deps.verification.enqueue(touched);
  return touched !== undefined;
}

/**
 * Records that a worker is verifying it. @returns undefined if another one did so since, or it has
 * ended
 */
export function touchVerifying(
  deps: Pick<UploadDeps, 'catalog' | 'clock'>,
  record: PackageRecord,
): Promise<PackageRecord | undefined> {
  const expected = {
    attemptId: record.attemptId,
    states: ['verifying'],
    touchedAt: record.touchedAt,
  } as const;
  return deps.catalog.changePackage(record, expected, { touchedAt: deps.clock().toISOString() });
}
