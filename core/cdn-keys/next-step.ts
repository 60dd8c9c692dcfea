/**
 * The rotation of the CDN's keys as a state machine without effects: from the present state it
 * derives the next step.
 * At every moment the signer's public key is in the key group, and so is the key of every link that
 * is still valid.
 */

import type { Timestamp } from '../clock.ts';
import { addSeconds } from '../clock.ts';
import { readPrivateKey } from './key-pair.ts';
import { type CdnKey, type JoiningKey, type Keyring, signerOf } from './keyring.ts';

export interface RotationSettings {
  /**
   * How long a key is in the key group before it may sign: the time in which the CDN's edges learn
   * of it.
   */
  readonly overlapSeconds: number;
  /** The age at which the spare replaces the signer. */
  readonly maxAgeSeconds: number;
  /** The longest life of a link. */
  readonly linkTtlSeconds: number;
  /** How long a process may use a keyring that it has read (`CachedKeyring`). */
  readonly staleSeconds: number;
}

export type Registered = CdnKey & { readonly keyId: string };

/**
 * What to do, and when it became due (for a spare: when the last one started to sign). Each step is
 * repeatable, and may break off between any two effects.
 */
export type RotationStep =
  /** Make a pair and enter it into the keyring. */
  | { readonly kind: 'make'; readonly dueAt: Date }
  /** Register its public key with the CDN. */
  | { readonly kind: 'register'; readonly key: JoiningKey; readonly dueAt: Date }
  /** Make sure that it is in the key group. */
  | { readonly kind: 'join'; readonly key: Registered; readonly dueAt: Date }
  /** Try it out, then let it sign instead of the signer. */
  | { readonly kind: 'promote'; readonly key: Registered & JoiningKey; readonly dueAt: Date }
  /** Take it out of the key group. */
  | { readonly kind: 'leave'; readonly key: Registered; readonly dueAt: Date }
  /** Remove its public key from the CDN, and the pair from the keyring. */
  | { readonly kind: 'forget'; readonly key: CdnKey; readonly dueAt: Date }
  /** Nothing is due before `dueAt`; then `next` is. */
  | { readonly kind: 'wait'; readonly next: 'promote' | 'leave'; readonly dueAt: Date };

/**
 * How much clocks may differ, plus how much later than its own times a written keyring may be seen.
 */
const SKEW_SECONDS = 300;
/**
 * Public keys in a key group.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
 */
const MOST_KEYS = 5;

/** @param isForced let the spare sign as soon as it may, even if the signer is young */
export function nextStep(
  keyring: Keyring,
  groupKeyIds: readonly string[],
  now: Date,
  settings: RotationSettings,
  isForced = false,
): RotationStep {
  const { keys } = keyring;
  const inGroup = (key: CdnKey) => key.keyId !== undefined && groupKeyIds.includes(key.keyId);
  // First of all: the CDN is refusing valid links.
  const missing = keys.find((key) => isNeeded(key, now) && !inGroup(key));
  if (missing !== undefined)
    return { kind: 'join', key: missing as Registered, dueAt: since(missing.joinedAt, now) };
  const done = keys.find((key) => isDone(key, now));
  if (done !== undefined) {
    const dueAt = since(done.state === 'leaving' ? done.leavesAt : undefined, now);
    return inGroup(done)
      ? { kind: 'leave', key: done as Registered, dueAt }
      : { kind: 'forget', key: done, dueAt };
  }
  const spare = keys.find((key) => key.state === 'joining');
  const signer = signerOf(keyring);
  if (spare === undefined) {
    if (keys.length < MOST_KEYS) return { kind: 'make', dueAt: since(signer?.signingSince, now) };
  } else if (!isRegistered(spare))
    return { kind: 'register', key: spare, dueAt: since(signer?.signingSince, now) };
  else if (spare.joinedAt === undefined || !inGroup(spare)) {
    return { kind: 'join', key: spare, dueAt: since(signer?.signingSince, now) };
  } else {
    const ready = addSeconds(new Date(spare.joinedAt), settings.overlapSeconds);
    const isWanted =
      isForced || signer === undefined || readPrivateKey(signer.privateKeyPem) === undefined;
    const old = isWanted
      ? ready
      : addSeconds(new Date(signer.signingSince), settings.maxAgeSeconds);
    const dueAt = old > ready ? old : ready;
    if (now >= dueAt) return { kind: 'promote', key: spare, dueAt };
    return earliest(keys, { kind: 'wait', next: 'promote', dueAt });
  }
  return earliest(keys, {
    kind: 'wait',
    next: 'leave',
    dueAt: addSeconds(now, settings.overlapSeconds),
  });
}

/**
 * When a key that stops signing now may leave: no process signs with it then, and all its links
 * have expired.
 */
export function leavingTime(now: Date, { linkTtlSeconds, staleSeconds }: RotationSettings): Date {
  return addSeconds(now, linkTtlSeconds + staleSeconds + SKEW_SECONDS);
}

/** Whether links that it signed may still be valid. */
function isNeeded(key: CdnKey, now: Date): boolean {
  return key.state === 'signing' || (key.state === 'leaving' && now < new Date(key.leavesAt));
}

/** Whether the key may go. A spare that cannot be read has never signed, and never will. */
function isDone(key: CdnKey, now: Date): boolean {
  if (key.state === 'leaving') return !isNeeded(key, now);
  return key.state === 'joining' && readPrivateKey(key.privateKeyPem) === undefined;
}

function isRegistered<Key extends CdnKey>(key: Key): key is Key & { readonly keyId: string } {
  return key.keyId !== undefined;
}

function since(time: Timestamp | undefined, now: Date): Date {
  return time === undefined ? now : new Date(time);
}

type Wait = Extract<RotationStep, { kind: 'wait' }>;

/** The earliest of `other` and the times at which keys may leave. */
function earliest(keys: readonly CdnKey[], other: Wait): Wait {
  const leaves = keys.flatMap((key): readonly Wait[] =>
    key.state === 'leaving' ? [{ kind: 'wait', next: 'leave', dueAt: new Date(key.leavesAt) }] : [],
  );
  return leaves.reduce((first, leave) => (leave.dueAt < first.dueAt ? leave : first), other);
}
