/** Fills memory from a body: `readInto` for stores that have no shorter way. */
import { ServiceError } from '../core/errors.ts';
import type { BlobBody } from '../core/ports/blob-store.ts';

/** @returns the number of bytes. @throws CONFLICT if there are more than `into` holds */
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
