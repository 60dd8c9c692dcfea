/** SHA-256 of a file that is open: the next stretch is read while the last one is hashed. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

const STRETCH_BYTES = 1024 * 1024;

/** 64 lower-case hex digits, of all bytes of the file. @throws the reason of `signal` where that is aborted meanwhile */
export async function hashFile(file: FileHandle, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  let [current, next] = [Buffer.allocUnsafe(STRETCH_BYTES), Buffer.allocUnsafe(STRETCH_BYTES)];
  let position = 0;
  let { bytesRead } = await file.read(current, 0, STRETCH_BYTES, position);
  while (bytesRead > 0) {
    signal.throwIfAborted();
    position += bytesRead;
    const reading = file.read(next, 0, STRETCH_BYTES, position);
    hash.update(current.subarray(0, bytesRead));
    ({ bytesRead } = await reading);
    [current, next] = [next, current];
  }
  return hash.digest('hex');
}
