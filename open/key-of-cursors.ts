/** The key of the cursors, derived from the key that signs URLs. */
import { hkdfSync } from 'node:crypto';

/** HKDF (RFC 5869), so that the two uses of the key have nothing to do with each other. */
export function keyOfCursors(signingKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', signingKey, '', 'stowage cursors', 32));
}
