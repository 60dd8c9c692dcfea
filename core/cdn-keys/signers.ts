/**
 * Selects the keys of a keyring that may sign a link, best first. A broken key does not stop the
 * others.
 */
import type { KeyObject } from 'node:crypto';
import { addSeconds } from '../clock.ts';
import { readPrivateKey } from './key-pair.ts';
import { type CdnKey, type Keyring, signerOf } from './keyring.ts';

export interface LinkKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  /** When a spare may begin to sign: by then every edge of the CDN knows it. */
  readonly from?: Date;
  /** When its links must have expired: it leaves the key group then. */
  readonly until?: Date;
}

/** The rotation waits an hour, too, unless its settings say otherwise. */
const SPARE_SECONDS = 3600;
const MARGIN_SECONDS = 60;

/** Parses the private keys, so call it once per keyring. */
export function linkKeysOf(keyring: Keyring): readonly LinkKey[] {
  const signer = signerOf(keyring);
  const others = keyring.keys.filter((key) => key !== signer);
  return [...(signer === undefined ? [] : [signer]), ...others].flatMap(linkKey);
}

/** The best of them at that moment. */
export function bestLinkKey(keys: readonly LinkKey[], now: Date): LinkKey | undefined {
  return keys.find(
    ({ from, until }) =>
      (from === undefined || from <= now) && (until === undefined || now < until),
  );
}

function linkKey(key: CdnKey): readonly LinkKey[] {
  const privateKey = readPrivateKey(key.privateKeyPem);
  if (privateKey === undefined || key.keyId === undefined) return [];
  const { keyId } = key;
  if (key.state === 'signing') return [{ keyId, privateKey }];
  if (key.state === 'leaving') {
    return [{ keyId, privateKey, until: addSeconds(new Date(key.leavesAt), -MARGIN_SECONDS) }];
  }
  if (key.joinedAt === undefined) return [];
  return [{ keyId, privateKey, from: addSeconds(new Date(key.joinedAt), SPARE_SECONDS) }];
}
