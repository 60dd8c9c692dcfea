/** The entry point of the worker thread that checks, sums or backs up a whole catalog. */
import { parentPort, workerData } from 'node:worker_threads';
import { backUpCatalog } from './backups.ts';
import { describeThrown, type WorkerTask } from './catalog-tasks.ts';
import { checkCatalogFile } from './check-catalog.ts';
import { publishedTotalsOf } from './published-totals.ts';

const task = workerData as WorkerTask;
try {
  parentPort?.postMessage({ result: resultOf(task) });
} catch (error) {
  parentPort?.postMessage({ failure: describeThrown(error) });
}

function resultOf(one: WorkerTask) {
  switch (one.kind) {
    case 'check':
      return { report: checkCatalogFile(one.path) };
    case 'totals':
      return publishedTotalsOf(one.path);
    case 'backup':
      return backUpCatalog(one);
  }
}
