/**
 * Reads a file once, from its beginning to its end, and hashes each part and the whole. Runs in a
 * worker, and where there is none.
 */
import { createSHA256 } from 'hash-wasm';
import { sha256Of } from '../upload-source.ts';

export interface HashTask {
  readonly file: Blob;
  readonly partSize: number;
  /** Settles when this part may be hashed. */
  readonly mayHash: (partNumber: number) => Promise<void>;
  /** Called before more bytes are hashed. It may let others run. */
  readonly pause: () => Promise<void> | undefined;
  readonly onPart: (partNumber: number, sha256: string) => void;
  readonly onBytes: (bytes: number) => void;
}

/** Hashed in some 5 ms. */
const STEP = 1024 * 1024;

/** @returns the SHA-256 of the whole file */
export async function hashInParts(task: HashTask): Promise<string> {
  const { file, partSize, mayHash, pause, onPart, onBytes } = task;
  const whole = await createSHA256();
  for (let start = 0, partNumber = 1; start < file.size; start += partSize, partNumber++) {
    await mayHash(partNumber);
    const end = Math.min(start + partSize, file.size);
    const bytes = new Uint8Array(await file.slice(start, end).arrayBuffer());
    if (bytes.length !== end - start) throw new Error('the file has changed while it was read');
    // WebCrypto works beside this thread.
    const digest = sha256Of(bytes);
    for (let step = 0; step < bytes.length; step += STEP) {
      await pause();
      whole.update(bytes.subarray(step, step + STEP));
      onBytes(start + Math.min(step + STEP, bytes.length));
    }
    onPart(partNumber, await digest);
  }
  return whole.digest('hex');
}
