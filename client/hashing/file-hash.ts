/**
 * The SHA-256 of a file and of its parts, computed in a worker. The file is read once, and only a
 * few parts further than the digests that were asked for.
 */
import { StowageError } from '../stowage-error.ts';
import { type FromWorker, Gate, type ToWorker } from './hash-messages.ts';
import { type HashWorker, type StartWorker, startHashWorker } from './start-worker.ts';

/** Parts that are hashed before they are asked for. */
const AHEAD = 4;
const MIB = 1024 * 1024;
/** Of files for which the service has not named another. */
const PART_SIZE = 16 * MIB;

export interface FileHashOptions {
  /** @default the worker of this package */
  readonly startWorker?: StartWorker | undefined;
  /** Receives the number of bytes that were hashed so far. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

export class FileHash {
  readonly #file: Blob;
  readonly #options: FileHashOptions;
  #run: Run | undefined;

  constructor(file: Blob, options: FileHashOptions = {}) {
    this.#file = file;
    this.#options = options;
  }

  /** @param partNumber from 1 */
  part(partNumber: number, partSize: number): Promise<string> {
    return this.#runOf(partSize).part(partNumber);
  }

  whole(): Promise<string> {
    return (this.#run ?? this.#runOf(PART_SIZE)).whole();
  }

  /** Ends the worker. Digests that are still awaited fail with `reason`. */
  stop(reason: unknown): void {
    this.#run?.stop(reason);
    this.#run = undefined;
  }

  #runOf(partSize: number): Run {
    if (this.#run?.partSize === partSize && !this.#run.hasFailed) return this.#run;
    this.#run?.stop(new Error('the file is hashed in parts of another size'));
    this.#run = new Run(this.#file, partSize, this.#options);
    return this.#run;
  }
}

/** One walk through the file. */
class Run {
  readonly partSize: number;
  hasFailed = false;
  readonly #file: Blob;
  readonly #onBytes: (bytes: number) => void;
  readonly #digests = new Map<number, PromiseWithResolvers<string>>();
  readonly #whole = unhandled(Promise.withResolvers<string>());
  #worker: HashWorker | undefined;
  /** Of this thread, which hashes if there is no worker. */
  #gate: Gate | undefined;
  #allowed = 0;

  constructor(file: Blob, partSize: number, options: FileHashOptions) {
    const { startWorker = startHashWorker, onBytes = () => {} } = options;
    this.#file = file;
    this.partSize = partSize;
    this.#onBytes = onBytes;
    this.#worker = startWorker();
    if (this.#worker === undefined) this.#hashHere();
    else this.#hashIn(this.#worker);
  }

  part(partNumber: number): Promise<string> {
    this.#allow(partNumber + AHEAD);
    return this.#digestOf(partNumber).promise;
  }

  whole(): Promise<string> {
    this.#allow(Number.MAX_SAFE_INTEGER);
    return this.#whole.promise;
  }

  stop(reason: unknown): void {
    this.hasFailed = true;
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#whole.reject(reason);
    for (const digest of this.#digests.values()) digest.reject(reason);
  }

  #digestOf(partNumber: number): PromiseWithResolvers<string> {
    const known = this.#digests.get(partNumber);
    if (known !== undefined) return known;
    const digest = unhandled(Promise.withResolvers<string>());
    this.#digests.set(partNumber, digest);
    return digest;
  }

  #allow(upTo: number): void {
    this.#allowed = Math.max(this.#allowed, upTo);
    this.#gate?.allow(this.#allowed);
    this.#worker?.postMessage({ kind: 'allow', upTo: this.#allowed } satisfies ToWorker);
  }

  #hashIn(worker: HashWorker): void {
    worker.onmessage = ({ data }: { readonly data: FromWorker }) => this.#receive(data);
    // It could not be loaded: the page forbids it, or lacks the file.
    worker.onerror = (event) => {
      event.preventDefault?.();
      worker.terminate();
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#hashHere();
    };
    const { partSize } = this;
    worker.postMessage({ kind: 'start', file: this.#file, partSize } satisfies ToWorker);
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'part':
        this.#digestOf(message.partNumber).resolve(message.sha256);
        break;
      case 'bytes':
        this.#onBytes(message.bytes);
        break;
      case 'whole':
        this.#worker?.terminate();
        this.#worker = undefined;
        this.#whole.resolve(message.sha256);
        break;
      case 'failed':
        this.stop(new StowageError('INVALID_INPUT', `the file cannot be read: ${message.message}`));
        break;
    }
  }

  /** In small steps, so that the page stays responsive. */
  #hashHere(): void {
    const gate = new Gate();
    this.#gate = gate;
    gate.allow(this.#allowed);
    const stopped = () => {
      if (this.hasFailed) throw new Error('the hash was stopped');
    };
    // Pages whose worker runs never load it.
    const program = import('./hash-in-parts.ts');
    const task = {
      file: this.#file,
      partSize: this.partSize,
      mayHash: (partNumber: number) => gate.pass(partNumber),
      pause: () => nextTask().then(stopped),
      onPart: (partNumber: number, sha256: string) =>
        this.#receive({ kind: 'part', partNumber, sha256 }),
      onBytes: (bytes: number) => this.#receive({ kind: 'bytes', bytes }),
    };
    program
      .then(({ hashInParts }) => hashInParts(task))
      .then(
        (sha256) => this.#receive({ kind: 'whole', sha256 }),
        (error) => this.#receive({ kind: 'failed', message: String(error?.message ?? error) }),
      );
  }
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}

/** Those who wait for it get the error; if no one does, that is no fault. */
function unhandled<Value>(resolvers: PromiseWithResolvers<Value>): PromiseWithResolvers<Value> {
  resolvers.promise.catch(() => {});
  return resolvers;
}

export interface DigestOptions extends FileHashOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * SHA-256 of a file in lower-case hex, computed in a worker. The file is never in memory as a whole.
 * @throws StowageError INVALID_INPUT if the file cannot be read, or the signal's reason
 */
export async function sha256OfFile(file: Blob, options: DigestOptions = {}): Promise<string> {
  const { signal } = options;
  signal?.throwIfAborted();
  const hash = new FileHash(file, options);
  const stop = () => hash.stop(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await hash.whole();
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
