/** The key of the cursors, derived from the key that signs URLs. */
import { hkdfSync } from 'node:crypto';

/** Uses HKDF (RFC 5869), so that neither key reveals the other. */
export function keyOfCursors(signingKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', signingKey, '', 'stowage cursors', 32));
}
