/**
 * Takes one step of the rotation through the ports. The result is the same if it runs twice, at the
 * same time, or breaks off between any two effects.
 */
import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import { makePrivateKeyPem, publicPemOf, readPrivateKey } from './key-pair.ts';
import { type CdnKey, type JoiningKey, type Keyring, withKey } from './keyring.ts';
import {
  leavingTime,
  nextStep,
  type Registered,
  type RotationSettings,
  type RotationStep,
} from './next-step.ts';
import type {
  Canary,
  KeyGroup,
  KeyringStore,
  PublicKeys,
  ReadKeyGroup,
  ReadKeyring,
} from './ports.ts';

export interface RotationDeps {
  readonly keyring: KeyringStore;
  readonly keyGroup: KeyGroup;
  readonly publicKeys: PublicKeys;
  readonly canary: Canary;
  readonly clock: Clock;
  /** A new unique name for a pair. @param groupName shows people which service it belongs to */
  readonly newName: (groupName: string) => string;
  readonly settings: RotationSettings;
}

export interface Rotation {
  readonly step: RotationStep;
  /**
   * - `overtaken`: somebody else has written meanwhile, and the next call looks again.
   * - `refused`: the CDN does not serve what the new key signs.
   */
  readonly outcome: 'done' | 'waiting' | 'overtaken' | 'refused';
  /** What came instead, if it was refused. */
  readonly reason?: string;
}

/** @throws ServiceError of the ports; the next call continues where this one broke off */
export async function rotateOnce(deps: RotationDeps, isForced = false): Promise<Rotation> {
  const read = await deps.keyring.read();
  const group = await deps.keyGroup.read();
  const step = nextStep(read.keyring, group.keyIds, deps.clock(), deps.settings, isForced);
  if (step.kind === 'wait') return { step, outcome: 'waiting' };
  if (step.kind === 'promote') {
    const reason = await deps.canary.try(step.key);
    if (reason !== undefined) return { step, outcome: 'refused', reason };
  }
  return { step, outcome: (await take(deps, step, read, group)) ? 'done' : 'overtaken' };
}

/** @returns false if somebody else has written meanwhile */
async function take(
  deps: RotationDeps,
  step: Exclude<RotationStep, { kind: 'wait' }>,
  read: ReadKeyring,
  group: ReadKeyGroup,
): Promise<boolean> {
  const write = async (keyring: Keyring) => (await deps.keyring.write(keyring, read)) !== undefined;
  switch (step.kind) {
    case 'make':
      return write(withNewPair(read.keyring, deps.newName(group.name)));
    case 'register':
      return write(withKey(read.keyring, step.key.name, await register(deps.publicKeys, step.key)));
    case 'join':
      return join(deps, step.key, read, group);
    case 'promote':
      return write(promote(read.keyring, step.key, deps.clock(), deps.settings));
    case 'leave':
      return deps.keyGroup.write(
        group.keyIds.filter((keyId) => keyId !== step.key.keyId),
        group,
      );
    case 'forget':
      await deps.publicKeys.remove(step.key);
      return write(withKey(read.keyring, step.key.name, undefined));
  }
}

/**
 * The pair is stored before the CDN hears of it: if anything breaks off afterwards, its name finds
 * what the CDN has.
 */
export function withNewPair(keyring: Keyring, name: string): Keyring {
  return {
    ...keyring,
    keys: [...keyring.keys, { name, state: 'joining', privateKeyPem: makePrivateKeyPem() }],
  };
}

/** Registers the pair's public key. @throws INTERNAL if the private key cannot be read */
export async function register(
  publicKeys: Pick<PublicKeys, 'register'>,
  key: JoiningKey,
): Promise<JoiningKey & { readonly keyId: string }> {
  const privateKey = readPrivateKey(key.privateKeyPem);
  if (privateKey === undefined)
    throw new ServiceError('INTERNAL', `the private key of ${key.name} can't be read`);
  return { ...key, keyId: await publicKeys.register(key.name, publicPemOf(privateKey)) };
}

async function join(
  deps: RotationDeps,
  key: Registered,
  read: ReadKeyring,
  group: ReadKeyGroup,
): Promise<boolean> {
  const isThere = group.keyIds.includes(key.keyId);
  if (!isThere && !(await deps.keyGroup.write([...group.keyIds, key.keyId], group))) return false;
  if (key.state !== 'joining') return true;
  // Counted from now, not from when the group was written: a call that broke off in between may be
  // long ago, and a later time is safe.
  const joined: CdnKey = { ...key, joinedAt: deps.clock().toISOString() };
  return (await deps.keyring.write(withKey(read.keyring, key.name, joined), read)) !== undefined;
}

/** The keyring in which `key` signs, and the former signer leaves. */
function promote(
  keyring: Keyring,
  key: Registered & JoiningKey,
  now: Date,
  settings: RotationSettings,
): Keyring {
  const { keyId, name, privateKeyPem, joinedAt = now.toISOString() } = key;
  const [signingSince, leavesAt] = [now.toISOString(), leavingTime(now, settings).toISOString()];
  return {
    ...keyring,
    keys: keyring.keys.map((one): CdnKey => {
      if (one.name === name)
        return { name, keyId, privateKeyPem, joinedAt, state: 'signing', signingSince };
      return one.state === 'signing'
        ? { ...one, state: 'leaving', leavingSince: signingSince, leavesAt }
        : one;
    }),
  };
}
