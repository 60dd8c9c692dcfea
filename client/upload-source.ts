/** What an upload reads from: anything of known size that gives out slices as often as they are asked for. */
import type { UploadBytes } from './send-bytes.ts';

export interface UploadSource {
  /** Bytes. */
  readonly size: number;
  /** The bytes from `start` up to, not including, `end`; asked for again where a part is sent again. */
  slice(start: number, end: number): UploadBytes | Promise<UploadBytes>;
}

/** A File of a browser and what `fs.openAsBlob` opens are sources as they are: nothing is read before it is sent. */
export function blobSource(blob: Blob): UploadSource {
  return blob;
}

/** SHA-256 in lower-case hex, by WebCrypto: holds the bytes in memory. */
export async function sha256Of(bytes: UploadBytes): Promise<string> {
  const whole = bytes instanceof Blob ? await bytes.arrayBuffer() : bytes;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
