/** Starts the hashing worker in a browser. */

/** The part of a browser's `Worker` that is used here. */
export interface HashWorker {
  onmessage: ((event: { readonly data: never }) => void) | null;
  onerror: ((event: { preventDefault?(): void }) => void) | null;
  postMessage(message: unknown): void;
  terminate(): void;
}

export type StartWorker = () => HashWorker | undefined;

/** @returns undefined where there are no workers, as in Node, or the page allows none */
export function startHashWorker(): HashWorker | undefined {
  const { Worker } = globalThis as unknown as {
    readonly Worker?: new (url: URL, options: { readonly type: 'module' }) => HashWorker;
  };
  if (Worker === undefined) return undefined;
  try {
    // Bundlers look for exactly this expression.
    return new Worker(new URL('./hash-worker.js', import.meta.url), { type: 'module' });
  } catch {
    return undefined;
  }
}
