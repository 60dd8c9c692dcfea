/** The program of a hashing thread (hashing-thread.ts): reads ranges of open files, and hashes them. */
import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

/** What the thread is asked. `fd` is a file that the process has open. */
export type HashRequest =
  | {
      readonly id: number;
      readonly file: number;
      readonly fd: number;
      readonly start: number;
      readonly end: number;
      /** Whether the range is hashed by itself too. */
      readonly alone: boolean;
    }
  | { readonly id: number; readonly file: number; readonly ends: true };

export type HashAnswer =
  | { readonly id: number; readonly sha256: string }
  | { readonly id: number; readonly failure: string };

const BLOCK_BYTES = 1024 * 1024;

const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
interface Begun {
  readonly hash: Hash;
  /** Where the next range must begin. */
  position: number;
}

/** By file. */
const begun = new Map<number, Begun>();

parentPort?.on('message', (request: HashRequest) => {
  parentPort?.postMessage(answer(request));
});

function answer(request: HashRequest): HashAnswer {
  const { id, file } = request;
  try {
    if (!('ends' in request)) return { id, sha256: hashRange(request) ?? '' };
    const sha256 = begun.get(file)?.hash.digest('hex');
    begun.delete(file);
    return sha256 === undefined ? { id, failure: 'no range of the file' } : { id, sha256 };
  } catch (error) {
    return { id, failure: String(error) };
  }
}

type RangeRequest = Extract<HashRequest, { readonly fd: number }>;

function hashRange({ file, fd, start, end, alone }: RangeRequest): string | undefined {
  const whole = begun.get(file) ?? { hash: createHash('sha256'), position: start };
  begun.set(file, whole);
  // After a failure, too: what follows it is no hash of the whole.
  if (whole.position !== start)
    throw new Error(`the range begins at byte ${start}, expected ${whole.position}`);
  whole.position = Number.NaN;
  const range = alone ? createHash('sha256') : undefined;
  for (let at = start; at < end; ) {
    const bytes = readSync(fd, block, 0, Math.min(BLOCK_BYTES, end - at), at);
    if (bytes === 0) throw new Error(`the file ends at byte ${at}, expected ${end} bytes`);
    whole.hash.update(block.subarray(0, bytes));
    range?.update(block.subarray(0, bytes));
    at += bytes;
  }
  whole.position = end;
  return range?.digest('hex');
}
