/**
 * Distrusts a key whose private half may have leaked: links that it signed stop working before they
 * expire.
 */
import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import { type CdnKey, withKey } from './keyring.ts';
import type { KeyringStore } from './ports.ts';

export interface DistrustDeps {
  readonly keyring: KeyringStore;
  readonly clock: Clock;
}

/** Replaces a spare's private key. It is not a key, so the rotation replaces the spare. */
const GIVEN_UP = 'given up';

/**
 * Marks the key in the keyring as given up. The next steps of the rotation take it out of the key
 * group and remove it.
 * @param name the pair's name, or CloudFront's id
 * @throws NOT_FOUND, CONFLICT if it is the signer, or if somebody else writes at the same time
 */
export async function distrustKey(
  { keyring: store, clock }: DistrustDeps,
  name: string,
): Promise<void> {
  const read = await store.read();
  const key = read.keyring.keys.find((one) => one.name === name || one.keyId === name);
  if (key === undefined) {
    const known = read.keyring.keys.map((one) => one.name).join(', ');
    throw new ServiceError(
      'NOT_FOUND',
      `the keyring holds no key ${JSON.stringify(name.slice(0, 128))}, but ${known}`,
    );
  }
  if (
    (await store.write(withKey(read.keyring, key.name, givenUp(key, clock())), read)) === undefined
  ) {
    throw new ServiceError('CONFLICT', 'somebody else moved the keys at the same time; try again');
  }
}

function givenUp(key: CdnKey, now: Date): CdnKey {
  switch (key.state) {
    case 'signing':
      throw new ServiceError(
        'CONFLICT',
        `key ${key.name} signs: let the spare sign first (stowage cdn-keys rotate)`,
      );
    case 'leaving':
      return { ...key, leavesAt: now.toISOString() };
    case 'joining':
      return { ...key, privateKeyPem: GIVEN_UP };
  }
}
