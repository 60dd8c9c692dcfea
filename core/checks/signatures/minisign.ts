/** minisign's keys and signatures, as `minisign` and `tauri signer` write them: Ed25519 over the bytes, or over their BLAKE2b-512. */
import { fromBase64 } from '../files/base64.ts';
import { verifiesEd25519 } from './ed25519.ts';

export interface MinisignKey {
  /** 16 hex digits, as minisign prints it. */
  readonly keyId: string;
  readonly key: Buffer;
}

export interface MinisignSignature {
  readonly keyId: string;
  /** Whether the BLAKE2b-512 of the file is signed, and not the file itself. */
  readonly isPrehashed: boolean;
  readonly signature: Buffer;
  readonly trustedComment: string;
  /** Over the signature and the trusted comment. */
  readonly globalSignature: Buffer;
}

const KEY_LENGTH = 2 + 8 + 32;
const SIGNATURE_LENGTH = 2 + 8 + 64;

/** @param text the base64 line, the .pub file, or the base64 of that file (`tauri signer`) */
export function parseMinisignKey(text: string): MinisignKey | undefined {
  const bytes = fromBase64(lastLine(text));
  if (bytes === undefined) return undefined;
  if (bytes.length !== KEY_LENGTH) {
    const inner = bytes.toString('utf8');
    return inner.startsWith('untrusted comment:') ? parseMinisignKey(inner) : undefined;
  }
  if (bytes.toString('latin1', 0, 2) !== 'Ed') return undefined;
  return { keyId: keyIdOf(bytes), key: bytes.subarray(10) };
}

/** @returns what is wrong with it, for text that is no signature of minisign */
export function parseMinisign(text: string): MinisignSignature | string {
  const lines = text.replace(/\r\n/g, '\n').trimEnd().split('\n');
  const [untrusted, first, trusted, second] = lines;
  if (lines.length !== 4 || untrusted === undefined || !untrusted.startsWith('untrusted comment:'))
    return 'is no minisign signature, which has four lines and begins with "untrusted comment:"';
  const bytes = fromBase64(first ?? '');
  if (bytes?.length !== SIGNATURE_LENGTH)
    return `has no signature of ${SIGNATURE_LENGTH} bytes in base64 on its second line`;
  const algorithm = bytes.toString('latin1', 0, 2);
  if (algorithm !== 'ED' && algorithm !== 'Ed')
    return `uses the algorithm ${JSON.stringify(algorithm)}; minisign has "ED" and "Ed"`;
  const comment = /^trusted comment: (.*)$/.exec(trusted ?? '')?.[1];
  const globalSignature = fromBase64(second ?? '');
  if (comment === undefined) return 'has no line "trusted comment: ..."';
  if (globalSignature?.length !== 64) return 'has no signature of its trusted comment';
  return {
    keyId: keyIdOf(bytes),
    isPrehashed: algorithm === 'ED',
    signature: bytes.subarray(10),
    trustedComment: comment,
    globalSignature,
  };
}

/**
 * @param message the BLAKE2b-512 of the file where the signature `isPrehashed`, else the file
 * @returns what is wrong, or undefined where the signature is right
 */
export function minisignFault(
  key: MinisignKey,
  signed: MinisignSignature,
  message: Buffer,
): string | undefined {
  if (key.keyId !== signed.keyId)
    return `is by the key ${signed.keyId}, and the channel trusts ${key.keyId}; sign with that key, or set the channel's minisign key`;
  if (!verifiesEd25519(key.key, message, signed.signature))
    return 'does not match the bytes of the file; sign the file that is published';
  const global = Buffer.concat([signed.signature, Buffer.from(signed.trustedComment)]);
  return verifiesEd25519(key.key, global, signed.globalSignature)
    ? undefined
    : 'has a trusted comment that was changed after signing; sign again';
}

function keyIdOf(bytes: Buffer): string {
  return Buffer.from(bytes.subarray(2, 10)).reverse().toString('hex').toUpperCase();
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
