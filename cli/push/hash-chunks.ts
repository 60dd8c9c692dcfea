/** Hashes bytes as they are read, and counts them. */
import { createHash } from 'node:crypto';

export interface Hashed {
  /** Number of bytes read. */
  readonly size: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

/** @param onBytes receives the number of bytes read so far */
export async function hashChunks(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<Hashed> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    size += chunk.length;
    onBytes(size);
  }
  return { size, sha256: hash.digest('hex') };
}
