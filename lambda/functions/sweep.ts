/** The function that runs on a schedule: it finishes or removes what lost publishers, killed functions and faults left behind. */
import { sweep } from '../../core/uploads/sweep.ts';
import { reportSweep } from '../../service/upkeep/report-sweep.ts';
import { openRecall } from '../drivers/open-recall.ts';
import { openUploads } from '../drivers/open-uploads.ts';
import { timeOf, upkeepFunction } from '../runtime/upkeep-function.ts';
import { readDistribution, readUploads } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

/** Between what an upload does to the store and what it writes into the catalog lie milliseconds; this is ample. */
const GRACE_SECONDS = 300;

const open = () => {
  const { distributionId, ...uploads } = readFunctionSettings((reader) => ({
    ...readUploads(reader),
    distributionId: readDistribution(reader),
  }));
  return { ...openUploads(uploads), recall: openRecall(uploads.bucket, distributionId) };
};

export const handler = upkeepFunction('sweep', open, async (_event, { deps, log, context }) => {
  const report = await sweep(deps, GRACE_SECONDS, timeOf(context));
  reportSweep(log, report);
  const { failures, ...counts } = report;
  return { ...counts, failures: failures.length };
});
