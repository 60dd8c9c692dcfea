/**
 * Runs checks, backups and sums of a whole catalog in a worker thread with its own connection, so that
 * they do not block the server.
 */
import { Worker } from 'node:worker_threads';
import { isServiceError, ServiceError } from '../../../core/errors.ts';
import type { PublishedTotals } from '../../../core/ports/catalog.ts';
import type { BackupOptions, BackupResult } from './backups.ts';

export type CatalogTask =
  | { readonly kind: 'check'; readonly path: string }
  | (BackupOptions & { readonly kind: 'backup' });

/** What the worker is given. */
export type WorkerTask = CatalogTask | { readonly kind: 'totals'; readonly path: string };

type Message<Result> = { readonly result: Result } | { readonly failure: string };

/** Both the sources and the compiled files can be run. */
const PROGRAM = new URL(
  `./catalog-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
);

/** @throws INTERNAL when the task failed; the signal's reason when it was aborted */
export function runCatalogTask(task: CatalogTask, signal: AbortSignal): Promise<BackupResult> {
  return runInWorker(task, signal);
}

/** Reads every record, which takes a second for a million. @throws INTERNAL */
export function sumInWorker(path: string): Promise<PublishedTotals> {
  return runInWorker({ kind: 'totals', path }, new AbortController().signal);
}

async function runInWorker<Result>(task: WorkerTask, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const worker = new Worker(PROGRAM, { workerData: task });
  // The worker does not keep a server that stops from exiting.
  worker.unref();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  worker.once('message', (message: Message<Result>) => {
    if ('result' in message) resolve(message.result);
    else reject(new ServiceError('INTERNAL', message.failure));
  });
  worker.once('error', reject);
  worker.once('exit', (code) =>
    reject(new ServiceError('INTERNAL', `the ${task.kind} of the catalog ended with ${code}`)),
  );
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
    await worker.terminate();
  }
}

/** Errors lose their type between threads, so only their text is sent. */
export function describeThrown(error: unknown): string {
  return isServiceError(error) ? error.message : String(error);
}
