/** Hashes a file and all its parts in one read. */
import { createHash } from 'node:crypto';

export interface Hashes {
  /** Bytes that were read. */
  readonly size: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  /** One a part, in order; none where no part size was given. */
  readonly parts: readonly string[];
}

/**
 * @param partSize bytes of every part but the last; undefined: the file is not cut
 * @param onBytes is told how many bytes have been read
 */
export async function hashChunks(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  partSize: number | undefined,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<Hashes> {
  const whole = createHash('sha256');
  const parts: string[] = [];
  let part = createHash('sha256');
  let left = partSize ?? Number.POSITIVE_INFINITY;
  let size = 0;
  for await (const chunk of chunks) {
    whole.update(chunk);
    size += chunk.length;
    if (partSize !== undefined) {
      let rest = chunk;
      while (rest.length >= left) {
        parts.push(part.update(rest.subarray(0, left)).digest('hex'));
        rest = rest.subarray(left);
        part = createHash('sha256');
        left = partSize;
      }
      part.update(rest);
      left -= rest.length;
    }
    onBytes(size);
  }
  if (partSize !== undefined && left < partSize) parts.push(part.digest('hex'));
  return { size, sha256: whole.digest('hex'), parts };
}
