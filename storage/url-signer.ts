/** Signs and verifies the URLs of the gateway. It knows nothing about what the parameters mean. */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { ServiceError } from '../core/errors.ts';
import { encodeKey, type PackageKey, parsePackageKey } from '../core/names.ts';

/** The terms that a URL carries. Names are plain lower-case words. */
export type SignedParams = Readonly<Record<string, string>>;
export type SignedMethod = 'GET' | 'HEAD' | 'PUT';

export interface UrlSignerOptions {
  /** At least 32 bytes. */
  readonly secret: Uint8Array;
  /** Where clients reach the gateway. It may have a path, which a proxy removes. */
  readonly publicUrl: string;
  readonly clock: Clock;
}

export interface VerifiedUrl {
  readonly key: PackageKey;
  readonly params: SignedParams;
  readonly expiresAt: Date;
}

/**
 * Signed URLs begin with this path. The signature covers it and the rest, not the host or a prefix.
 */
export const BLOBS_PATH = '/blobs/';
const SIGNATURE = '&signature=';
/** 32 bytes in base64url without padding. */
const SIGNATURE_LENGTH = 43;
const MIN_SECRET_BYTES = 32;

/**
 * HMAC-SHA-256 over the method and the raw text of path and query. Verifying does not decode or
 * reorder anything, so a URL is refused if a single character was changed.
 */
export class UrlSigner {
  readonly #secret: KeyObject;
  readonly #publicUrl: string;
  readonly #clock: Clock;

  /** @throws INVALID_INPUT if the secret is too short */
  constructor(options: UrlSignerOptions) {
    if (options.secret.length < MIN_SECRET_BYTES) {
      throw new ServiceError(
        'INVALID_INPUT',
        `URL signing key must have ${MIN_SECRET_BYTES} bytes or more, got ${options.secret.length}`,
      );
    }
    this.#secret = createSecretKey(options.secret);
    this.#publicUrl = options.publicUrl.replace(/\/+$/, '');
    this.#clock = options.clock;
  }

  /** An absolute URL that stops working at `expiresAt`, cut to whole seconds. */
  sign(method: SignedMethod, key: PackageKey, params: SignedParams, expiresAt: Date): string {
    let unsigned = `${BLOBS_PATH}${encodeKey(key)}?expires=${Math.floor(expiresAt.getTime() / 1000)}`;
    for (const name in params) unsigned += `&${name}=${encodeStrictly(params[name] ?? '')}`;
    return `${this.#publicUrl}${unsigned}${SIGNATURE}${this.#signatureOf(method, unsigned)}`;
  }

  /**
   * What a URL grants.
   * @param rawPathAndQuery as it came on the request line, from `/blobs/` on
   * @throws FORBIDDEN if the URL was not signed for this method, or has expired
   */
  verify(method: string, rawPathAndQuery: string): VerifiedUrl {
    const end = rawPathAndQuery.length - SIGNATURE_LENGTH - SIGNATURE.length;
    const unsigned = rawPathAndQuery.slice(0, Math.max(end, 0));
    const signature = rawPathAndQuery.slice(unsigned.length);
    if (!sameText(signature, SIGNATURE + this.#signatureOf(method, unsigned))) {
      throw new ServiceError(
        'FORBIDDEN',
        'this URL is not signed for this request: method, path and query must be sent as they were issued',
      );
    }
    const { key, expires, params } = parseSigned(unsigned);
    const expiresAt = new Date(expires * 1000);
    if (this.#clock() >= expiresAt) {
      throw new ServiceError(
        'FORBIDDEN',
        `this URL expired at ${expiresAt.toISOString()}, ask for a new one`,
      );
    }
    return { key, params, expiresAt };
  }

  #signatureOf(method: string, unsigned: string): string {
    return createHmac('sha256', this.#secret).update(`${method}\n${unsigned}`).digest('base64url');
  }
}

/** Compared as text, since the last character of base64url has aliases. */
function sameText(got: string, expected: string): boolean {
  const bytes = Buffer.from(got);
  const expectedBytes = Buffer.from(expected);
  return bytes.length === expectedBytes.length && timingSafeEqual(bytes, expectedBytes);
}

/** Reads a URL that `sign` made and whose signature was verified. */
function parseSigned(unsigned: string): { key: PackageKey; expires: number; params: SignedParams } {
  const [path = '', query = ''] = unsigned.split('?');
  const { key } = parsePackageKey(path.slice(BLOBS_PATH.length).replaceAll('%2B', '+'));
  const { expires, ...params } = Object.fromEntries(
    query.split('&').map((pair) => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals), decodeURIComponent(pair.slice(equals + 1))] as const;
    }),
  );
  return { key, expires: Number(expires), params };
}

const RESERVED = /[!'()*]/g;

/**
 * Escapes all but the unreserved characters (RFC 3986 section 2.3), so that no client rewrites it.
 */
function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(
    RESERVED,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
