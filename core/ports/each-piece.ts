/** Looking once at all bytes of a stored file. */
import type { BlobBody } from './blob-store.ts';

/** @param look is done with a piece when it returns: its memory goes back to the store */
export async function eachPiece(body: BlobBody, look: (piece: Uint8Array) => void): Promise<void> {
  for await (const piece of body) {
    look(piece);
    body.giveBack?.(piece);
  }
}
