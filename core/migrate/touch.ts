/** Keeps those apart who turn one record at the same time: each writes a later touch, and only over the touch that it has read. */

import type { PackageRecord, PackageState, Timestamp } from '../records.ts';
import { PUBLISHED } from '../states.ts';

/** Later than what is there, also where the clock has not moved since, or was set back. */
export function touchAfter({ touchedAt }: Pick<PackageRecord, 'touchedAt'>, now: Date): Timestamp {
  return new Date(Math.max(now.getTime(), new Date(touchedAt).getTime() + 1)).toISOString();
}

/** That the record is published, in this store, and nobody has turned it since it was read. */
export function untouched({ attemptId, touchedAt, store }: PackageRecord): {
  readonly attemptId: string;
  readonly touchedAt: Timestamp;
  readonly store: string;
  readonly states: readonly PackageState[];
} {
  return { attemptId, touchedAt, store, states: PUBLISHED };
}
