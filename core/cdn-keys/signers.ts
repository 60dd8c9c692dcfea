/** Which of a keyring's keys may sign a link, best first: one that is broken does not stop the others. */
import type { KeyObject } from 'node:crypto';
import { addSeconds } from '../clock.ts';
import { readPrivateKey } from './key-pair.ts';
import { type CdnKey, type Keyring, signerOf } from './keyring.ts';

export interface LinkKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  /** A spare may sign from then on: by then every edge of the CDN knows it. */
  readonly from?: Date;
  /** No link that it signs may live longer: it is about to leave the key group. */
  readonly until?: Date;
}

/** An hour is what rotation waits, too, unless its settings say otherwise. */
const SPARE_SECONDS = 3600;
const MARGIN_SECONDS = 60;

/** Private keys are parsed here, once a keyring. */
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
