/** What an upload reads from: anything of known size that can return the same slice repeatedly. */
import { type Slice, sizeOf, type UploadBytes } from './send-bytes.ts';
import { StowageError } from './stowage-error.ts';

/**
 * A browser's File or Blob is a source. In Node, do not use a Blob for files of 4 GiB and more:
 * `fs.openAsBlob` reports their size modulo 2^32, and slicing a Blob beyond 4 GiB ends the process
 * (seen on Node 24.21). Read from a file handle instead, and take the size from `stat`:
 *
 *     const { size } = await file.stat();
 *     const source = {
 *       size,
 *       async slice(start: number, end: number) {
 *         const { buffer, bytesRead } = await file.read(new Uint8Array(end - start), 0, end - start, start);
 *         return buffer.subarray(0, bytesRead);
 *       },
 *     };
 *
 * Such a slice is in memory while it is sent, so declare `method: 'multipart'`: files of up to 156
 * GiB are sent in parts of 16 MiB.
 */
export interface UploadSource<Bytes = UploadBytes> {
  /** Bytes. */
  readonly size: number;
  /** The bytes from `start` to `end` (exclusive); called again when a part is sent again. */
  slice(start: number, end: number): Bytes | Promise<Bytes>;
}

/**
 * The bytes from `start` to `end`.
 * @throws StowageError INVALID_INPUT if the source returns more or fewer
 */
export async function sliceOf<Bytes extends Slice>(
  source: UploadSource<Bytes>,
  start: number,
  end: number,
): Promise<Bytes> {
  const bytes = await source.slice(start, end);
  if (sizeOf(bytes) === end - start) return bytes;
  throw new StowageError(
    'INVALID_INPUT',
    `the source must give ${end - start} bytes from byte ${start} on, got ${sizeOf(bytes)}`,
  );
}

/** @throws StowageError INVALID_INPUT if the size of the source is not the declared one */
export function requireSize({ size }: UploadSource<unknown>, declared: number): void {
  if (size === declared) return;
  throw new StowageError(
    'INVALID_INPUT',
    `the source must have the ${declared} bytes that are declared, got ${size}`,
  );
}

/**
 * SHA-256 in lower-case hex, by WebCrypto, which holds the bytes in memory.
 * @throws TypeError for slices that are no Blob or Uint8Array
 */
export async function sha256Of(bytes: Slice): Promise<string> {
  const whole = bytes instanceof Blob ? await bytes.arrayBuffer() : bytes;
  if (!(whole instanceof ArrayBuffer || whole instanceof Uint8Array)) {
    throw new TypeError('a source whose slices are no Blob or Uint8Array needs a hashPart');
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
