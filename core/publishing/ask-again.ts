/** Asking for a verification that was asked for before: where nobody seems to be at it (any more), and only then. */
import type { PackageRecord } from '../records.ts';
import type { UploadDeps } from './deps.ts';
import { idleSeconds } from './ticket.ts';

type AskDeps = Pick<UploadDeps, 'catalog' | 'clock' | 'verification'>;

/**
 * Publishers poll, sweeps come round: without this rule each of them would have a large file read once more.
 * @returns whether it was asked for
 */
export async function askAgain(deps: AskDeps, record: PackageRecord): Promise<boolean> {
  const { patienceSeconds = 0 } = deps.verification;
  if (patienceSeconds === 0) {
    await deps.verification.enqueue(record);
    return true;
  }
  const now = deps.clock();
  if (idleSeconds(record.touchedAt, now) < patienceSeconds) return false;
  // Of several who see that, one asks.
  const touched = await touchVerifying(deps, record);
  if (touched !== undefined) await deps.verification.enqueue(touched);
  return touched !== undefined;
}

/** Shows that somebody works on it. @returns undefined where somebody else did so since, or it has ended */
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
