/** Hashes bytes as they are read, and counts them. */
import { createHash } from 'node:crypto';

export interface Hashed {
  /** Bytes that were read. */
  readonly size: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

/** @param onBytes is told how many bytes have been read */
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
