/** What a sweep did, in the log. */

import type { SweepReport } from '../../core/uploads/sweep.ts';
import type { Log } from '../log.ts';

export function reportSweep(log: Log, { failures, isWhole, ...counts }: SweepReport): void {
  for (const { key, error } of failures) log.error({ key, err: error }, 'sweep could not deal with this');
  if (!isWhole) log.warn('sweep ran out of time: the next one goes on');
  const { finished, expired, purged, leftovers } = counts;
  if (finished + expired + purged + leftovers > 0) log.info({ sweep: counts }, 'swept');
}
