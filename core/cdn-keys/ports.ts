/** What the rotation of the CDN's keys works on: the secret, the CDN's public keys, its key group, and a look through the CDN. */
import type { Keyring } from './keyring.ts';

/** A keyring as it was read. */
export interface ReadKeyring {
  readonly keyring: Keyring;
  /** Names what was read, for `write`. */
  readonly version: string;
}

export interface KeyringStore {
  /** @throws UNAVAILABLE, also where the secret holds no keyring */
  read(): Promise<ReadKeyring>;
  /** Writes over exactly what was read. @returns what stands there now; undefined where somebody else has written since, and nothing is written then */
  write(keyring: Keyring, over: ReadKeyring): Promise<ReadKeyring | undefined>;
}

/** A public key of the CDN's, by the name that we gave it and, where it is known, by the CDN's own id. */
export interface PublicKeyRef {
  readonly name: string;
  readonly keyId?: string;
}

export interface PublicKeys {
  /** Registers a public key under a name; again with the same gives the same. @returns the CDN's id. @throws CONFLICT where the name is another key's */
  register(name: string, publicKeyPem: string): Promise<string>;
  /** Succeeds where it is not there. @throws CONFLICT where it is in a key group */
  remove(key: PublicKeyRef): Promise<void>;
}

export interface ReadKeyGroup {
  readonly name: string;
  readonly keyIds: readonly string[];
  /** Names what was read, for `write`. */
  readonly etag: string;
}

/** What the CDN trusts. It tells nobody when all its edges know a change. */
export interface KeyGroup {
  read(): Promise<ReadKeyGroup>;
  /** Writes over exactly what was read. @returns false where somebody else has written since; nothing is written then */
  write(keyIds: readonly string[], over: ReadKeyGroup): Promise<boolean>;
}

/** Fetches something through the CDN by a link that a key signs. */
export interface Canary {
  /** @returns undefined where the CDN served it, else what came instead, for people */
  try(key: { readonly keyId: string; readonly privateKeyPem: string }): Promise<string | undefined>;
}
