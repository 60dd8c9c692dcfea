/** The sweep, on a schedule: finishes or removes what clients, functions and faults left behind. */
import { closeAuditDays } from '../../core/audit/days.ts';
import { sweep } from '../../core/uploads/sweep.ts';
import { reportAuditDays, reportSweep } from '../../service/upkeep/upkeep-log.ts';
import { openRecall } from '../drivers/open-recall.ts';
import { openUploads } from '../drivers/open-uploads.ts';
import { timeOf, upkeepFunction } from '../runtime/upkeep-function.ts';
import { readDistribution, readUploads } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

/** An upload changes the store and then the catalog within milliseconds; this is far more. */
const GRACE_SECONDS = 300;

const open = () => {
  const { distributionId, ...uploads } = readFunctionSettings((reader) => ({
    ...readUploads(reader),
    distributionId: readDistribution(reader),
  }));
  return { ...openUploads(uploads), recall: openRecall(uploads.bucket, distributionId) };
};

export const handler = upkeepFunction('sweep', open, async (_event, { deps, log, context }) => {
  const hasTime = timeOf(context);
  const report = await sweep(deps, GRACE_SECONDS, hasTime);
  reportSweep(log, report);
  reportAuditDays(log, await closeAuditDays(deps, hasTime));
  const { failures, ...counts } = report;
  return { ...counts, failures: failures.length };
});
