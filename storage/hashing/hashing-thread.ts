/**
 * Hashes open files in threads, where the machine has more than one core. A thread reads the file by
 * itself, through the file descriptor that the process has, so that no bytes travel between threads.
 */
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { ServiceError } from '../../core/errors.ts';
import type { HashAnswer, HashRequest } from './hash-program.ts';

/** Smaller files are hashed sooner than a thread starts. */
const WORTH_A_THREAD = 16 * 1024 * 1024;
/** One hash runs as fast as most disks and networks; more threads would only take memory. */
const MAX_THREADS = 2;
/** Both the sources and the compiled files can be run. */
const PROGRAM = new URL(
  `./hash-program.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
);

interface Waiting {
  readonly resolve: (sha256: string) => void;
  readonly reject: (error: Error) => void;
}

/** The ranges of one file, hashed in their order. Close the file only after `settled`. */
export class ThreadHash {
  readonly #thread: HashingThread;
  readonly #file: number;
  readonly #fd: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(thread: HashingThread, file: number, fd: number) {
    this.#thread = thread;
    this.#file = file;
    this.#fd = fd;
  }

  /**
   * Adds the bytes from `start` to `end` (exclusive) to the hash of the whole.
   * @param alone whether the range is hashed by itself too. @returns that SHA-256 in hex, or ''
   * @throws INTERNAL if the file ends earlier, cannot be read, or the thread has ended
   */
  next(start: number, end: number, alone: boolean): Promise<string> {
    const id = nextId++;
    return this.#ask({ id, file: this.#file, fd: this.#fd, start, end, alone });
  }

  /** The SHA-256 of all ranges in hex. Nothing can be added afterwards. @throws INTERNAL */
  whole(): Promise<string> {
    return this.#ask({ id: nextId++, file: this.#file, ends: true });
  }

  /** Settles, without rejecting, when the thread reads nothing of the file. */
  async settled(): Promise<void> {
    await this.#last;
  }

  #ask(request: HashRequest): Promise<string> {
    const asked = this.#thread.ask(request);
    this.#last = asked.catch(() => undefined);
    return asked;
  }
}

let nextId = 0;
let nextFile = 0;
const threads: HashingThread[] = [];

/**
 * @param bytes how many there are to hash
 * @param cores of the machine
 * @returns undefined where hashing in this thread is better: one core, or few bytes
 */
export async function hashInThread(
  fd: number,
  bytes: number,
  cores: number = availableParallelism(),
): Promise<ThreadHash | undefined> {
  if (cores < 2 || bytes < WORTH_A_THREAD) return undefined;
  return new ThreadHash(await takeThread(Math.min(cores - 1, MAX_THREADS)), nextFile++, fd);
}

/** The one with the fewest files, or a new one. */
async function takeThread(most: number): Promise<HashingThread> {
  const { Worker } = await import('node:worker_threads');
  const free = threads.find((thread) => thread.isIdle);
  if (free !== undefined) return free;
  if (threads.length < most) {
    const thread = new HashingThread(new Worker(PROGRAM), () => {
      threads.splice(threads.indexOf(thread), 1);
    });
    threads.push(thread);
    return thread;
  }
  // Each in turn.
  const [first] = threads.splice(0, 1);
  if (first === undefined) throw new Error('there is no hashing thread');
  threads.push(first);
  return first;
}

/** Keeps the process alive only while it is asked something. */
export class HashingThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #ended: ServiceError | undefined;

  constructor(worker: Worker, onEnd: () => void = () => undefined) {
    this.#worker = worker;
    worker.unref();
    worker.on('message', (answer: HashAnswer) => this.#settle(answer));
    worker.once('error', (cause) => this.#end(cause, onEnd));
    worker.once('exit', (code) => this.#end(new Error(`it ended with ${code}`), onEnd));
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0;
  }

  ask(request: HashRequest): Promise<string> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting.set(request.id, { resolve, reject });
    this.#worker.ref();
    this.#worker.postMessage(request);
    return promise;
  }

  #settle(answer: HashAnswer): void {
    const asked = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('sha256' in answer) asked?.resolve(answer.sha256);
    else asked?.reject(new ServiceError('INTERNAL', `hashing failed: ${answer.failure}`));
  }

  #end(cause: Error, onEnd: () => void): void {
    if (this.#ended !== undefined) return;
    this.#ended = new ServiceError(
      'INTERNAL',
      'a hashing thread ended before its file was hashed; try again',
      { cause },
    );
    onEnd();
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}
