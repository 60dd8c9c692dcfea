/** Describes the CDN's keys for people: everything but the private keys. */
import type { Timestamp } from '../clock.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { readPrivateKey } from './key-pair.ts';
import type { CdnKey, Keyring } from './keyring.ts';
import { nextStep, type RotationSettings, type RotationStep } from './next-step.ts';

interface KeyDescription {
  readonly name: string;
  /** Absent until the CDN knows it. */
  readonly keyId?: string;
  readonly state: CdnKey['state'];
  /** When it entered this state; absent for a key that is not in the key group yet. */
  readonly since?: Timestamp;
  /** When it leaves the key group. */
  readonly leavesAt?: Timestamp;
  readonly isInGroup: boolean;
  /** False: its private key is damaged, so that it cannot sign. */
  readonly isReadable: boolean;
}

export interface StepDescription {
  readonly kind: RotationStep['kind'];
  /** The name of the key pair that the step changes. */
  readonly key?: string;
  readonly dueAt: Timestamp;
}

export interface KeyringDescription {
  readonly keys: readonly KeyDescription[];
  /** Entries of the keyring that this release can't read. */
  readonly unreadable: number;
  /** Key ids in the key group that are in no keyring: somebody else's, or of a lost keyring. */
  readonly strangers: readonly string[];
  /** What comes next, and when. */
  readonly next: StepDescription;
}

export function describeKeys(
  keyring: Keyring,
  groupKeyIds: readonly string[],
  now: Date,
  settings: RotationSettings,
): KeyringDescription {
  const known = new Set(keyring.keys.map(({ keyId }) => keyId));
  return {
    keys: keyring.keys.map((key) => describeKey(key, groupKeyIds)),
    unreadable: keyring.unreadable.length,
    strangers: groupKeyIds.filter((keyId) => !known.has(keyId)),
    next: describeStep(nextStep(keyring, groupKeyIds, now, settings)),
  };
}

/** A wait is described by the step that it waits for. */
export function describeStep(step: RotationStep): StepDescription {
  const dueAt = step.dueAt.toISOString();
  if (step.kind === 'wait') return { kind: step.next, dueAt };
  return 'key' in step
    ? { kind: step.kind, key: step.key.name, dueAt }
    : { kind: step.kind, dueAt };
}

function describeKey(key: CdnKey, groupKeyIds: readonly string[]): KeyDescription {
  const { name, keyId, state } = key;
  const since =
    key.state === 'leaving'
      ? key.leavingSince
      : key.state === 'signing'
        ? key.signingSince
        : key.joinedAt;
  return {
    name,
    ...withoutUndefined({ keyId }),
    state,
    ...withoutUndefined({
      since,
      leavesAt: key.state === 'leaving' ? key.leavesAt : undefined,
    }),
    isInGroup: keyId !== undefined && groupKeyIds.includes(keyId),
    isReadable: readPrivateKey(key.privateKeyPem) !== undefined,
  };
}
