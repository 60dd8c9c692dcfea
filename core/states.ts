/** Which states of a package share a meaning; core/records.ts has the transitions. */
import type { PackageRecord, PackageState } from './records.ts';

/** The package was proven once, and its bytes are stored. */
export const PUBLISHED: readonly PackageState[] = ['available', 'yanked'];

/** Whether the sweep must look at the record: an upload, or a delete whose bytes may still exist. */
export function isUnfinished({
  state,
  purging,
}: Pick<PackageRecord, 'state' | 'purging'>): boolean {
  return state === 'pending' || state === 'verifying' || (state === 'deleted' && purging === true);
}
