/**
 * Computes the SHA-256 of an open file: in a thread of its own, or it reads the next block while it
 * hashes the last one.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { hashInThread } from '../../hashing/hashing-thread.ts';

const BLOCK_BYTES = 1024 * 1024;
/** The signal is looked at after so many bytes. */
const RANGE_BYTES = 16 * 1024 * 1024;

/** @returns 64 lower-case hex digits @throws the reason of `signal` when it is aborted */
export async function hashFile(file: FileHandle, signal: AbortSignal): Promise<string> {
  const { size } = await file.stat();
  const thread = await hashInThread(file.fd, size);
  if (thread !== undefined) {
    for (let at = 0; at < size; at += RANGE_BYTES) {
      await thread.next(at, Math.min(at + RANGE_BYTES, size), false);
      signal.throwIfAborted();
    }
    return thread.whole();
  }
  const hash = createHash('sha256');
  let [current, next] = [Buffer.allocUnsafe(BLOCK_BYTES), Buffer.allocUnsafe(BLOCK_BYTES)];
  let position = 0;
  let { bytesRead } = await file.read(current, 0, BLOCK_BYTES, position);
  while (bytesRead > 0) {
    signal.throwIfAborted();
    position += bytesRead;
    const reading = file.read(next, 0, BLOCK_BYTES, position);
    hash.update(current.subarray(0, bytesRead));
    ({ bytesRead } = await reading);
    [current, next] = [next, current];
  }
  return hash.digest('hex');
}
