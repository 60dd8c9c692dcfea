/** Verifies Ed25519 signatures by raw public keys. */
import { createPublicKey, verify } from 'node:crypto';
import { fromBase64 } from '../files/base64.ts';

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** @param key 32 bytes */
export function verifiesEd25519(key: Buffer, message: Buffer, signature: Buffer): boolean {
  if (key.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') };
  return verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signature);
}

/** A public key of Sparkle; undefined where it is none. */
export function parseEd25519Key(text: string): Buffer | undefined {
  const bytes = fromBase64(text.trim());
  return bytes?.length === KEY_BYTES ? bytes : undefined;
}
