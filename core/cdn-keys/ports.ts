/**
 * The ports of the rotation of the CDN's keys: the secret, the CDN's public keys, its key group,
 * and a test through the CDN.
 */
import type { Keyring } from './keyring.ts';

/** A keyring as it was read. */
export interface ReadKeyring {
  readonly keyring: Keyring;
  /** Names what was read, for `write`. */
  readonly version: string;
}

export interface KeyringStore {
  /** @throws UNAVAILABLE, also if the secret holds no keyring */
  read(): Promise<ReadKeyring>;
  /**
   * Replaces exactly what was read.
   * @returns what is stored now; undefined if somebody else has written since, and then nothing is
   *   written
   */
  write(keyring: Keyring, over: ReadKeyring): Promise<ReadKeyring | undefined>;
}

/** A public key at the CDN, by our name for it and, if known, by the CDN's own id. */
export interface PublicKeyRef {
  readonly name: string;
  readonly keyId?: string;
}

export interface PublicKeys {
  /**
   * Registers a public key under a name. Repeatable.
   * @returns the CDN's id
   * @throws CONFLICT if another key has that name
   */
  register(name: string, publicKeyPem: string): Promise<string>;
  /** Succeeds if it does not exist. @throws CONFLICT if it is in a key group */
  remove(key: PublicKeyRef): Promise<void>;
}

export interface ReadKeyGroup {
  readonly name: string;
  readonly keyIds: readonly string[];
  /** Names what was read, for `write`. */
  readonly etag: string;
}

/** The keys that the CDN trusts. The CDN does not report when all its edges know a change. */
export interface KeyGroup {
  read(): Promise<ReadKeyGroup>;
  /**
   * Replaces exactly what was read.
   * @returns false if somebody else has written since; then nothing is written
   */
  write(keyIds: readonly string[], over: ReadKeyGroup): Promise<boolean>;
}

/** Fetches something through the CDN by a link that a key signs. */
export interface Canary {
  /** @returns undefined if the CDN served it; else what came instead, for people */
  try(key: { readonly keyId: string; readonly privateKeyPem: string }): Promise<string | undefined>;
}
