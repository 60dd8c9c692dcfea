/** Memory that is filled from a body: what a store does for `readInto` that has no shorter way. */
import { ServiceError } from '../core/errors.ts';
import type { BlobBody } from '../core/ports/blob-store.ts';

/** @returns how many bytes there were @throws CONFLICT where there are more than `into` holds */
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
    // From here on it has no length any more.
    body.giveBack?.(piece);
    onPiece(taken);
  }
  return filled;
}
