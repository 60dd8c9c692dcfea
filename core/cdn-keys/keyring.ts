/**
 * The keyring: the key pairs that sign the CDN's links, and the text that stores them. It is the
 * only secret of the CDN.
 */

import type { Timestamp } from '../clock.ts';
import { ServiceError } from '../errors.ts';

/**
 * A pair that does not sign yet. It is made here, then registered with the CDN, then added to its
 * key group. There it waits as the spare.
 */
export interface JoiningKey extends AnyKey {
  readonly state: 'joining';
  /** Absent until the public key is registered with the CDN. */
  readonly keyId?: string;
  /** When the public key was found in the key group. */
  readonly joinedAt?: Timestamp;
}

/** The pair that signs. */
export interface SigningKey extends AnyKey {
  readonly state: 'signing';
  readonly keyId: string;
  readonly joinedAt: Timestamp;
  readonly signingSince: Timestamp;
}

/** A pair that no longer signs, but whose links may still be valid. */
interface LeavingKey extends AnyKey {
  readonly state: 'leaving';
  readonly keyId: string;
  readonly joinedAt: Timestamp;
  readonly signingSince: Timestamp;
  readonly leavingSince: Timestamp;
  /** From then on no link that it signed is valid, so that it may leave the key group. */
  readonly leavesAt: Timestamp;
}

export type CdnKey = JoiningKey | SigningKey | LeavingKey;

interface AnyKey {
  /**
   * Our unique name for the pair, which exists before the CDN gives it an id. The public key has
   * this name at the CDN.
   */
  readonly name: string;
  /** PKCS #8. Never leaves the process that signs or rotates. */
  readonly privateKeyPem: string;
}

export interface Keyring {
  readonly keys: readonly CdnKey[];
  /**
   * Entries that this release cannot read. They are written back unchanged, and otherwise ignored.
   */
  readonly unreadable: readonly unknown[];
}

export const EMPTY_KEYRING: Keyring = { keys: [], unreadable: [] };

/** @throws INVALID_INPUT if the text as a whole is no keyring; the message shows none of it */
export function parseKeyring(text: string): Keyring {
  const { version, keys } = parseObject(text);
  if (version !== 1 || !Array.isArray(keys)) throw notAKeyring();
  const parsed = keys.map((entry: unknown) => ({ entry, key: parseKey(entry) }));
  return {
    keys: parsed.flatMap(({ key }) => key ?? []),
    unreadable: parsed.flatMap(({ entry, key }) => (key === undefined ? [entry] : [])),
  };
}

/** The inverse of `parseKeyring`. */
export function formatKeyring({ keys, unreadable }: Keyring): string {
  return JSON.stringify({ version: 1, keys: [...keys, ...unreadable] });
}

/** The key that signs; undefined in a keyring that is being made, or that was edited by hand. */
export function signerOf({ keys }: Keyring): SigningKey | undefined {
  return keys
    .filter((key) => key.state === 'signing')
    .reduce<SigningKey | undefined>(
      (best, key) => (best !== undefined && best.signingSince >= key.signingSince ? best : key),
      undefined,
    );
}

/** The keyring with one key replaced, or removed. */
export function withKey(ring: Keyring, name: string, replacement: CdnKey | undefined): Keyring {
  return {
    ...ring,
    keys: ring.keys.flatMap((key) => (key.name === name ? (replacement ?? []) : key)),
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // The text may hold private keys, and V8 quotes it in the error: neither message nor cause may
    // leave this function.
  }
  throw notAKeyring();
}

function notAKeyring(): ServiceError {
  return new ServiceError(
    'INVALID_INPUT',
    'the keyring must be JSON such as {"version":1,"keys":[...]}',
  );
}

/** @returns undefined if it is no key in a known state */
function parseKey(entry: unknown): CdnKey | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const {
    keyId,
    name = keyId,
    privateKeyPem,
    state,
    ...times
  }: Readonly<Record<string, unknown>> = { ...entry };
  if (!isText(name) || !isText(privateKeyPem)) return undefined;
  const { joinedAt, signingSince, leavingSince, leavesAt } = times;
  const own = { name, privateKeyPem };
  if (state === 'joining') {
    if (keyId === undefined) return { ...own, state };
    if (!isText(keyId)) return undefined;
    return isTime(joinedAt) ? { ...own, state, keyId, joinedAt } : { ...own, state, keyId };
  }
  if (!isText(keyId) || !isTime(joinedAt) || !isTime(signingSince)) return undefined;
  const signed = { ...own, keyId, joinedAt, signingSince };
  if (state === 'signing') return { ...signed, state };
  if (state !== 'leaving' || !isTime(leavingSince) || !isTime(leavesAt)) return undefined;
  return { ...signed, state, leavingSince, leavesAt };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** In the form of `toISOString`, so that text order is time order. */
function isTime(value: unknown): value is Timestamp {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}
