/** Fills memory from a body, and frees the memory of bytes that are no longer needed. */

import { isArrayBuffer } from 'node:util/types';
import { ServiceError } from '../core/errors.ts';
import type { BlobBody } from '../core/ports/blob-store.ts';

/**
 * `readInto` for stores that have no shorter way.
 * @returns the number of bytes. @throws CONFLICT if there are more than `into` holds
 */
export async function fillBuffer(
  body: BlobBody,
  into: Buffer,
  onPiece: (piece: Buffer) => void,
): Promise<number> {
  let filled = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    if (filled + piece.length > into.length) {
      throw new ServiceError(
        'CONFLICT',
        `the store sends more than the ${into.length} bytes that it was asked for`,
      );
    }
    into.set(piece, filled);
    const taken = into.subarray(filled, filled + piece.length);
    filled += piece.length;
    // This frees the piece, whose length is 0 afterwards.
    body.giveBack?.(piece);
    onPiece(taken);
  }
  return filled;
}

/**
 * Empties the array. V8 would let many megabytes gather first. Memory that is shared with other
 * arrays is kept, as for short Buffers in Node.
 */
export function freeMemory({ buffer, byteLength }: Uint8Array): void {
  if (byteLength === buffer.byteLength && isArrayBuffer(buffer)) buffer.transfer(0);
}
