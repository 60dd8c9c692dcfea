/**
 * The rotation of the CDN's keys as a state machine without effects: of what is, it makes what comes next.
 * At every moment the signer's public key is in the key group, and so is that of every link in force.
 */
import { addSeconds } from '../clock.ts';
import type { Timestamp } from '../records.ts';
import { readPrivateKey } from './key-pair.ts';
import { type CdnKey, type JoiningKey, type Keyring, signerOf } from './keyring.ts';

export interface RotationSettings {
  /** How long a key is in the key group before it may sign: the CDN's edges learn of it in that time. */
  readonly overlapSeconds: number;
  /** How old a signer grows before the spare takes its place. */
  readonly maxAgeSeconds: number;
  /** The longest life of a link. */
  readonly linkTtlSeconds: number;
  /** How long a process may sign by a keyring that it read once (`CachedKeyring`). */
  readonly staleSeconds: number;
}

export type Registered = CdnKey & { readonly keyId: string };

/** What to do, and since when it is due (for a spare: since there has been none). Each is repeatable, and may be broken off between any two effects. */
export type RotationStep =
  /** Make a pair and enter it into the keyring. */
  | { readonly kind: 'make'; readonly dueAt: Date }
  /** Register its public key with the CDN. */
  | { readonly kind: 'register'; readonly key: JoiningKey; readonly dueAt: Date }
  /** See that it is in the key group. */
  | { readonly kind: 'join'; readonly key: Registered; readonly dueAt: Date }
  /** Try it out, then let it sign in the signer's place. */
  | { readonly kind: 'promote'; readonly key: Registered & JoiningKey; readonly dueAt: Date }
  /** Take it out of the key group. */
  | { readonly kind: 'leave'; readonly key: Registered; readonly dueAt: Date }
  /** Remove its public key from the CDN, and the pair from the keyring. */
  | { readonly kind: 'forget'; readonly key: CdnKey; readonly dueAt: Date }
  /** Nothing is due before `dueAt`; then `next` is. */
  | { readonly kind: 'wait'; readonly next: 'promote' | 'leave'; readonly dueAt: Date };

/** By so much altogether the clocks may differ, and a keyring that was written be seen later than its own times say. */
const SKEW_SECONDS = 300;
/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html: public keys in a key group. */
const MOST_KEYS = 5;

/** @param isForced let the spare sign as soon as it may, however young the signer is */
export function nextStep(
  keyring: Keyring,
  groupKeyIds: readonly string[],
  now: Date,
  settings: RotationSettings,
  isForced = false,
): RotationStep {
  const { keys } = keyring;
  const inGroup = (key: CdnKey) => key.keyId !== undefined && groupKeyIds.includes(key.keyId);
  // Links are refused: this comes before all.
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

/** When a key that stops signing now may leave: nobody signs by it any more, and what was signed has expired. */
export function leavingTime(now: Date, { linkTtlSeconds, staleSeconds }: RotationSettings): Date {
  return addSeconds(now, linkTtlSeconds + staleSeconds + SKEW_SECONDS);
}

/** Links that it signed may be in force. */
function isNeeded(key: CdnKey, now: Date): boolean {
  return key.state === 'signing' || (key.state === 'leaving' && now < new Date(key.leavesAt));
}

/** A spare that can't be read has never signed, and never will. */
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

/** The first of `other` and the times at which keys may leave. */
function earliest(keys: readonly CdnKey[], other: Wait): Wait {
  const leaves = keys.flatMap((key): readonly Wait[] =>
    key.state === 'leaving' ? [{ kind: 'wait', next: 'leave', dueAt: new Date(key.leavesAt) }] : [],
  );
  return leaves.reduce((first, leave) => (leave.dueAt < first.dueAt ? leave : first), other);
}
