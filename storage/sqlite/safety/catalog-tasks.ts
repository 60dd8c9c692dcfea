/** What is done with a whole catalog beside the answers of a server, in a thread of its own and by a connection of its own. */
import { Worker } from 'node:worker_threads';
import { isServiceError, ServiceError } from '../../../core/errors.ts';
import type { BackupOptions, BackupResult } from './backups.ts';

export type CatalogTask =
  | { readonly kind: 'check'; readonly path: string }
  | (BackupOptions & { readonly kind: 'backup' });

type Message = { readonly result: BackupResult } | { readonly failure: string };

/** The sources run as they are, and compiled. */
const PROGRAM = new URL(
  `./catalog-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
);

/** @throws INTERNAL where the task could not be done, the signal's reason where it was aborted */
export async function runCatalogTask(
  task: CatalogTask,
  signal: AbortSignal,
): Promise<BackupResult> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<BackupResult>();
  const worker = new Worker(PROGRAM, { workerData: task });
  // A server that stops does not wait for it.
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

/** Errors keep no type on their way between threads. */
export function describeThrown(error: unknown): string {
  return isServiceError(error) ? error.message : String(error);
}
