/** The entry point of the worker thread that checks a whole catalog, or backs it up. */
import { parentPort, workerData } from 'node:worker_threads';
import { backUpCatalog } from './backups.ts';
import { type CatalogTask, describeThrown } from './catalog-tasks.ts';
import { checkCatalogFile } from './check-catalog.ts';

const task = workerData as CatalogTask;
try {
  const result =
    task.kind === 'check' ? { report: checkCatalogFile(task.path) } : backUpCatalog(task);
  parentPort?.postMessage({ result });
} catch (error) {
  parentPort?.postMessage({ failure: describeThrown(error) });
}
