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
  let reading = read(file, 0, partSize);
  for (let start = 0, partNumber = 1; start < file.size; start += partSize, partNumber++) {
    await mayHash(partNumber);
    const bytes = await reading;
    // Browsers read in another process, which works meanwhile.
    reading = read(file, start + partSize, partSize);
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

/** No bytes beyond the end. The error is for the caller that waits for the part. */
function read(file: Blob, start: number, partSize: number): Promise<Uint8Array<ArrayBuffer>> {
  const end = Math.min(start + partSize, file.size);
  const part = readExactly(file.slice(start, end), Math.max(0, end - start));
  part.catch(() => {});
  return part;
}

async function readExactly(slice: Blob, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await slice.arrayBuffer());
  if (bytes.length === length) return bytes;
  throw new Error('the file has changed while it was read');
}
