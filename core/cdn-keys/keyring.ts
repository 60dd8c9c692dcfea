/** The keyring: the key pairs with which the CDN's links are signed, and the rules of the text that keeps them. The only secret of the CDN. */
import { ServiceError } from '../errors.ts';
import type { Timestamp } from '../records.ts';

/** A pair that does not sign yet: first known here, then to the CDN, then in its key group. There it waits as the spare. */
export interface JoiningKey extends AnyKey {
  readonly state: 'joining';
  /** Absent until the public key is registered with the CDN. */
  readonly keyId?: string;
  /** Since when the public key is known to be in the key group. */
  readonly joinedAt?: Timestamp;
}

/** The pair that signs. */
export interface SigningKey extends AnyKey {
  readonly state: 'signing';
  readonly keyId: string;
  readonly joinedAt: Timestamp;
  readonly signingSince: Timestamp;
}

/** A pair that signs no more, but whose links are still in force. */
interface LeavingKey extends AnyKey {
  readonly state: 'leaving';
  readonly keyId: string;
  readonly joinedAt: Timestamp;
  readonly signingSince: Timestamp;
  readonly leavingSince: Timestamp;
  /** From then on no link that it signed is in force, so that it may leave the key group. */
  readonly leavesAt: Timestamp;
}

export type CdnKey = JoiningKey | SigningKey | LeavingKey;

interface AnyKey {
  /** Ours for the pair, before the CDN has one; unique. The public key bears it at the CDN. */
  readonly name: string;
  /** PKCS #8. Never leaves the process that signs or rotates. */
  readonly privateKeyPem: string;
}

export interface Keyring {
  readonly keys: readonly CdnKey[];
  /** Entries that this release can't read: kept as they are, so that nobody's work is lost, and otherwise as if they were not there. */
  readonly unreadable: readonly unknown[];
}

export const EMPTY_KEYRING: Keyring = { keys: [], unreadable: [] };

/** @throws INVALID_INPUT where the text as a whole is no keyring; never shows any of it */
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

/** The key that signs; undefined in a ring that is just being made, or was cut by hand. */
export function signerOf({ keys }: Keyring): SigningKey | undefined {
  return keys
    .filter((key) => key.state === 'signing')
    .reduce<SigningKey | undefined>(
      (best, key) => (best !== undefined && best.signingSince >= key.signingSince ? best : key),
      undefined,
    );
}

/** The ring with one of its keys in another's place, or without it. */
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
    // The text may hold private keys, and V8 quotes it in the error: neither message nor cause may go on.
  }
  throw notAKeyring();
}

function notAKeyring(): ServiceError {
  return new ServiceError(
    'INVALID_INPUT',
    'the keyring must be JSON such as {"version":1,"keys":[...]}',
  );
}

/** @returns undefined for what is no key of a state that we know */
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

/** As `toISOString` writes it: text order is time order. */
function isTime(value: unknown): value is Timestamp {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}
