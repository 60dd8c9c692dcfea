/**
 * How long a process signs by a keyring that it has read, and what it does where it can't read it.
 */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { makePrivateKeyPem } from '../../../core/cdn-keys/key-pair.ts';
import { EMPTY_KEYRING, type Keyring } from '../../../core/cdn-keys/keyring.ts';
import { addSeconds } from '../../../core/clock.ts';
import { ServiceError } from '../../../core/errors.ts';
import { CachedKeyring } from '../../../storage/cdn/cached-keyring.ts';

const PEM = makePrivateKeyPem();
let now: Date;
let stored: Keyring | ServiceError;
let reads: number;
let faults: unknown[];
beforeEach(() => {
  now = new Date('2026-01-02T03:04:05.000Z');
  stored = ring('K1');
  reads = 0;
  faults = [];
});

function ring(keyId: string): Keyring {
  const at = '2026-01-01T00:00:00.000Z';
  const key = {
    name: keyId,
    keyId,
    privateKeyPem: PEM,
    state: 'signing',
    joinedAt: at,
    signingSince: at,
  } as const;
  return { keys: [key], unreadable: [] };
}

function cached(): CachedKeyring {
  const read = async () => {
    reads += 1;
    if (stored instanceof ServiceError) throw stored;
    return { keyring: stored, version: '1' };
  };
  return new CachedKeyring({
    source: { read },
    clock: () => now,
    staleSeconds: 3600,
    onFault: (error) => faults.push(error),
  });
}

async function keyIdOf(keyring: CachedKeyring): Promise<string> {
  return (await keyring.key()).keyId;
}

const refusing = new ServiceError('UNAVAILABLE', 'secret x access is denied');

describe('a keyring in memory', () => {
  test('is read once for minutes, however many ask at once, and its keys are parsed once', async () => {
    const keyring = cached();

    const [one, other] = await Promise.all([keyring.key(), keyring.key()]);
    now = addSeconds(now, 299);
    const later = await keyring.key();

    expect(reads).toBe(1);
    expect(other.privateKey).toBe(one.privateKey);
    expect(later.privateKey).toBe(one.privateKey);
  });

  test('is read again after that', async () => {
    const keyring = cached();
    await keyring.key();
    stored = ring('K2');
    now = addSeconds(now, 300);

    expect(await keyIdOf(keyring)).toBe('K2');
  });

  test('is read again at once where none of its keys can sign', async () => {
    stored = EMPTY_KEYRING;
    const keyring = cached();
    await expect(keyring.key()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(reads).toBe(1);
    stored = ring('K1');

    expect(await keyIdOf(keyring)).toBe('K1');
    expect(reads).toBe(2);
  });
});

describe('where the keyring can not be read', () => {
  test('at first, that is said, and the next caller tries again', async () => {
    stored = refusing;
    const keyring = cached();

    await expect(keyring.key()).rejects.toBe(refusing);
    stored = ring('K1');

    expect(await keyIdOf(keyring)).toBe('K1');
  });

  test('again, the one that was read is signed by, and not every caller waits for another try', async () => {
    const keyring = cached();
    await keyring.key();
    stored = refusing;
    now = addSeconds(now, 300);

    for (let calls = 0; calls < 5; calls += 1) expect(await keyIdOf(keyring)).toBe('K1');

    expect([reads, faults]).toEqual([2, [refusing]]);
  });

  test('for too long, it is signed by no more: its key may have left the key group', async () => {
    const keyring = cached();
    await keyring.key();
    stored = refusing;
    now = addSeconds(now, 3599);

    expect(await keyIdOf(keyring)).toBe('K1');
    now = addSeconds(now, 1);

    await expect(keyring.key()).rejects.toBe(refusing);
  });

  test('for a while, the new one is signed by as soon as it can be read', async () => {
    const keyring = cached();
    await keyring.key();
    stored = refusing;
    now = addSeconds(now, 300);
    await keyring.key();
    stored = ring('K2');
    now = addSeconds(now, 30);

    expect(await keyIdOf(keyring)).toBe('K2');
  });
});
