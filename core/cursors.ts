/** Cursors of lists: opaque to callers, encrypted, and valid only for the list that made them. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { ServiceError } from './errors.ts';

/** NIST SP 800-38D: random nonces of 96 bits are safe for 2^32 cursors of one key. */
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Positions are padded to a multiple of this, so that a cursor does not show how long a name is.
 */
const BLOCK_BYTES = 64;
/** ISO/IEC 7816-4: this byte, then zeros. */
const END_OF_POSITION = 0x80;

/** Makes and opens cursors: at once, or later if its key must be fetched. */
export interface ListCursors {
  /** @param list what is listed, with its filters: a cursor opens for the same `list` only */
  seal(list: string, position: string): string | Promise<string>;
  /** @throws INVALID_INPUT for text that `seal` did not make */
  open(list: string, cursor: string): string | Promise<string>;
}

/**
 * Encrypts positions, because a position may be the name of a version that the caller may not see.
 */
export class Cursors implements ListCursors {
  readonly #key: KeyObject;
  readonly #macKey: KeyObject;

  /** @param secret at least 32 bytes, shared by all servers of a service */
  constructor(secret: Uint8Array) {
    this.#key = createSecretKey(
      new Uint8Array(hkdfSync('sha256', secret, '', 'stowage cursors, encrypted', 32)),
    );
    this.#macKey = createSecretKey(secret);
  }

  seal(list: string, position: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(list, 'utf8'));
    const text = [cipher.update(pad(position)), cipher.final()];
    return Buffer.concat([nonce, ...text, cipher.getAuthTag()]).toString('base64url');
  }

  open(list: string, cursor: string): string {
    const bytes = Buffer.from(cursor, 'base64url');
    const isCanonical = bytes.toString('base64url') === cursor;
    const position = isCanonical
      ? (this.#decrypted(list, bytes) ?? this.#withMac(list, bytes))
      : undefined;
    if (position !== undefined) return position;
    throw new ServiceError(
      'INVALID_INPUT',
      'cursor is not one that this list gave; leave it out to start from the first page',
    );
  }

  #decrypted(list: string, bytes: Buffer): string | undefined {
    if (bytes.length < NONCE_BYTES + BLOCK_BYTES + TAG_BYTES) return undefined;
    const end = bytes.length - TAG_BYTES;
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(list, 'utf8'));
    decipher.setAuthTag(bytes.subarray(end));
    try {
      return unpad(
        Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, end)), decipher.final()]),
      );
    } catch {
      // `final` throws for one reason: the tag does not match.
      return undefined;
    }
  }

  /**
   * Earlier releases made cursors in clear text, with a MAC of 128 bits. A client in the middle of
   * a list can still use one.
   */
  #withMac(list: string, bytes: Buffer): string | undefined {
    if (bytes.length <= TAG_BYTES) return undefined;
    const position = bytes.subarray(TAG_BYTES).toString('utf8');
    const tag = createHmac('sha256', this.#macKey)
      .update(`${list}\n${position}`)
      .digest()
      .subarray(0, TAG_BYTES);
    return timingSafeEqual(bytes.subarray(0, TAG_BYTES), tag) ? position : undefined;
  }
}

function pad(position: string): Buffer {
  const bytes = Buffer.from(position, 'utf8');
  const whole = Buffer.alloc(Math.ceil((bytes.length + 1) / BLOCK_BYTES) * BLOCK_BYTES);
  bytes.copy(whole);
  whole[bytes.length] = END_OF_POSITION;
  return whole;
}

function unpad(bytes: Buffer): string {
  return bytes.subarray(0, bytes.lastIndexOf(END_OF_POSITION)).toString('utf8');
}

/**
 * The key of the cursors, derived from the key that signs URLs by HKDF (RFC 5869), so that neither
 * key reveals the other.
 */
export function keyOfCursors(signingKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', signingKey, '', 'stowage cursors', 32));
}
