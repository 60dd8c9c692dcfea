/**
 * A CDN in memory for tests of its keys: a secret, public keys, a key group and valid links. Tests can
 * interrupt every effect, and after each one the invariants are checked.
 */

import type { FirstKeysDeps } from '../../../core/cdn-keys/first-keys.ts';
import { makeFirstKeys } from '../../../core/cdn-keys/first-keys.ts';
import {
  formatKeyring,
  type Keyring,
  parseKeyring,
  signerOf,
} from '../../../core/cdn-keys/keyring.ts';
import type { RotationSettings } from '../../../core/cdn-keys/next-step.ts';
import type { RotationDeps } from '../../../core/cdn-keys/rotate.ts';
import { bestLinkKey, type LinkKey, linkKeysOf } from '../../../core/cdn-keys/signers.ts';
import { addSeconds } from '../../../core/clock.ts';
import { ServiceError } from '../../../core/errors.ts';

export const SETTINGS: RotationSettings = {
  overlapSeconds: 3600,
  maxAgeSeconds: 90 * 86_400,
  linkTtlSeconds: 300,
  staleSeconds: 3600,
};

/** The process dies here. */
export class Crash extends Error {}

interface Link {
  readonly keyId: string;
  readonly expiresAt: Date;
}

interface Reader {
  keys: readonly LinkKey[];
  readAt: Date;
}

/** Runs around every effect: `nth` counts from 0. */
export type Hook = (nth: number, when: 'before' | 'after') => void | Promise<void>;

export class CdnWorld {
  now = new Date('2026-01-02T03:04:05.000Z');
  text = '';
  version = 0;
  keyIds: readonly string[] = [];
  etag = 0;
  groupMade = false;
  readonly registered = new Map<string, { readonly keyId: string; readonly pem: string }>();
  readonly links: Link[] = [];
  readonly readers: Reader[] = [];
  /** What the CDN answers to a canary; undefined: it serves it. */
  canaryAnswer: string | undefined;
  canaries: string[] = [];
  #ids = 0;

  /** One whose first keys are made. */
  static async opened(): Promise<CdnWorld> {
    const world = new CdnWorld();
    await world.makeFirst();
    return world;
  }

  get keyring(): Keyring {
    return parseKeyring(this.text);
  }

  set keyring(keyring: Keyring) {
    this.text = formatKeyring(keyring);
    this.version += 1;
  }

  pass(seconds: number): void {
    this.now = addSeconds(this.now, seconds);
  }

  makeFirst(hook?: Hook): Promise<string> {
    return makeFirstKeys(this.deps(hook), 'group');
  }

  /** What a process is given; `hook` is that process's own. */
  deps(hook: Hook = () => {}): RotationDeps & FirstKeysDeps {
    let nth = 0;
    const effect = async <Result>(work: () => Result): Promise<Result> => {
      const here = nth++;
      await hook(here, 'before');
      const result = work();
      this.check();
      await hook(here, 'after');
      return result;
    };
    return {
      clock: () => this.now,
      newName: () => `pair-${++this.#ids}`,
      settings: SETTINGS,
      keyring: {
        read: async () => ({
          keyring: this.text === '' ? { keys: [], unreadable: [] } : this.keyring,
          version: `${this.version}`,
        }),
        write: (keyring, over) =>
          effect(() => {
            if (over.version !== `${this.version}`) return undefined;
            this.keyring = keyring;
            return { keyring, version: `${this.version}` };
          }),
      },
      keyGroup: {
        read: async () => ({ name: 'group', keyIds: this.keyIds, etag: `${this.etag}` }),
        write: (keyIds, over) => effect(() => over.etag === `${this.etag}` && this.#group(keyIds)),
      },
      publicKeys: {
        register: (name, pem) => effect(() => this.#register(name, pem)),
        remove: ({ name, keyId }) =>
          effect(() => this.#remove(keyId ?? this.registered.get(name)?.keyId)),
      },
      canary: {
        try: async ({ keyId }) => {
          this.canaries.push(keyId);
          return this.canaryAnswer;
        },
      },
      keyGroups: {
        ensure: (_name, keyIds) =>
          effect(() => {
            this.#group([...new Set([...this.keyIds, ...keyIds])]);
            this.groupMade = true;
            return 'group-id';
          }),
        find: async () => (this.groupMade ? 'group-id' : undefined),
        keysOf: async () => (this.groupMade ? this.keyIds : undefined),
        remove: () =>
          effect(() => {
            this.groupMade = false;
            this.#group([]);
          }),
      },
    };
  }

  /** Signs a link as a process does that may hold an old keyring. @returns its key, undefined where that process can't sign */
  link(reader: number, isFresh: boolean): string | undefined {
    const held = this.readers[reader];
    const mayHold =
      held !== undefined && addSeconds(held.readAt, SETTINGS.staleSeconds) >= this.now;
    if (isFresh || !mayHold)
      this.readers[reader] = { keys: linkKeysOf(this.keyring), readAt: this.now };
    const key = bestLinkKey(this.readers[reader]?.keys ?? [], this.now);
    if (key === undefined) return undefined;
    const wanted = addSeconds(this.now, SETTINGS.linkTtlSeconds);
    const expiresAt = key.until !== undefined && key.until < wanted ? key.until : wanted;
    this.links.push({ keyId: key.keyId, expiresAt });
    this.check();
    return key.keyId;
  }

  /** @throws Error where the CDN would refuse a link that is in force, or one that is signed now */
  check(): void {
    if (!this.groupMade) return;
    const signer = this.text === '' ? undefined : signerOf(this.keyring);
    if (signer !== undefined && !this.keyIds.includes(signer.keyId))
      throw new Error(`the signer ${signer.keyId} is not in the group`);
    const inForce = this.links.filter(({ expiresAt }) => expiresAt > this.now);
    const refused = inForce.find(({ keyId }) => !this.keyIds.includes(keyId));
    if (refused !== undefined) throw new Error(`a link of ${refused.keyId} is refused`);
  }

  #group(keyIds: readonly string[]): true {
    const known = new Set([...this.registered.values()].map(({ keyId }) => keyId));
    const unknown = keyIds.find((keyId) => !known.has(keyId));
    if (unknown !== undefined)
      throw new ServiceError('CONFLICT', `there is no public key ${unknown}`);
    this.keyIds = keyIds;
    this.etag += 1;
    return true;
  }

  #register(name: string, pem: string): string {
    const there = this.registered.get(name);
    if (there !== undefined && there.pem !== pem)
      throw new ServiceError('CONFLICT', `${name} is another key`);
    const keyId = there?.keyId ?? `K-${name}`;
    this.registered.set(name, { keyId, pem });
    return keyId;
  }

  #remove(keyId: string | undefined): void {
    if (keyId === undefined) return;
    if (this.keyIds.includes(keyId)) throw new ServiceError('CONFLICT', `${keyId} is in the group`);
    for (const [name, key] of this.registered)
      if (key.keyId === keyId) this.registered.delete(name);
  }
}
