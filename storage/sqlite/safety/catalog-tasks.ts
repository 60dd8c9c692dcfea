/**
 * Runs checks and backups of a whole catalog in a worker thread with its own connection, so that
 * they do not block the server.
 */
import { Worker } from 'node:worker_threads';
import { isServiceError, ServiceError } from '../../../core/errors.ts';
import type { BackupOptions, BackupResult } from './backups.ts';

export type CatalogTask =
  | { readonly kind: 'check'; readonly path: string }
  | (BackupOptions & { readonly kind: 'backup' });

type Message = { readonly result: BackupResult } | { readonly failure: string };

/** Both the sources and the compiled files can be run. */
const PROGRAM = new URL(
  `./catalog-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
);

/** @throws INTERNAL when the task failed; the signal's reason when it was aborted */
export async function runCatalogTask(
  task: CatalogTask,
  signal: AbortSignal,
): Promise<BackupResult> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<BackupResult>();
  const worker = new Worker(PROGRAM, { workerData: task });
  // The worker does not keep a server that stops from exiting.
  worker.unref();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  worker.once('message', (message: Message) => {
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
