/** The text that keeps the CDN's keys, and which of them may sign. */
import { describe, expect, test } from '@jest/globals';
import { makePrivateKeyPem, readPrivateKey } from '../../../core/cdn-keys/key-pair.ts';
import { formatKeyring, parseKeyring, signerOf } from '../../../core/cdn-keys/keyring.ts';
import { bestLinkKey, linkKeysOf } from '../../../core/cdn-keys/signers.ts';

const at = (hour: number) => `2026-01-02T${String(hour).padStart(2, '0')}:00:00.000Z`;
const moment = (hour: number) => new Date(at(hour));

const joined = (keyId: string) => ({
  name: keyId,
  keyId,
  privateKeyPem: makePrivateKeyPem(),
  joinedAt: at(1),
});
const signing = { ...joined('KSIGNS'), state: 'signing', signingSince: at(3) };
const spare = { ...joined('KSPARE'), state: 'joining' };
const leaving = {
  ...joined('KLEAVES'),
  state: 'leaving',
  signingSince: at(2),
  leavingSince: at(3),
  leavesAt: at(5),
};

function ring(...keys: readonly object[]): ReturnType<typeof parseKeyring> {
  return parseKeyring(JSON.stringify({ version: 1, keys }));
}

function faultOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

function signs(hour: number, ...keys: readonly object[]): string | undefined {
  return bestLinkKey(linkKeysOf(ring(...keys)), moment(hour))?.keyId;
}

describe('a keyring', () => {
  test('is the same after it was written and read', () => {
    const text = JSON.stringify({
      version: 1,
      keys: [signing, spare, leaving, { name: 'x', privateKeyPem: 'y', state: 'joining' }],
    });

    expect(JSON.parse(formatKeyring(parseKeyring(text)))).toEqual(JSON.parse(text));
  });

  test.each(['', 'pk-secret', '[]', 'null', '{"version":2,"keys":[]}', '{"version":1}'])(
    'is not %j, and the fault shows nothing of it',
    (text) => {
      const fault = faultOf(() => parseKeyring(text));

      expect(fault).toMatchObject({
        code: 'INVALID_INPUT',
        message: 'the keyring must be JSON such as {"version":1,"keys":[...]}',
      });
      expect(fault).not.toHaveProperty('cause');
    },
  );

  test.each([
    ['of no known state', { ...signing, state: 'resting' }],
    ['without an id that signs', { ...signing, keyId: undefined, name: 'x' }],
    ['without a private key', { ...signing, privateKeyPem: undefined }],
    ['with a time that is none', { ...signing, signingSince: 'yesterday' }],
    ['that is no object', 'K1'],
  ])('keeps a key %s, and does not count it', (_, broken) => {
    const { keys, unreadable } = ring(broken as object, spare);

    expect(keys).toEqual([spare]);
    expect(unreadable).toEqual([JSON.parse(JSON.stringify(broken))]);
  });

  test('with two signers is signed for by the younger one', () => {
    expect(
      signerOf(ring({ ...signing, signingSince: at(2) }, { ...signing, keyId: 'KYOUNG' }))?.keyId,
    ).toBe('KYOUNG');
  });
});

describe('a link is signed by', () => {
  test('the signer, wherever it is in the ring', () => {
    expect(signs(4, spare, leaving, signing)).toBe('KSIGNS');
  });

  test('the spare if the signer is broken, once the CDN must know it', () => {
    expect(signs(2, { ...signing, privateKeyPem: 'torn' }, spare)).toBe('KSPARE');
    expect(signs(1, { ...signing, privateKeyPem: 'torn' }, spare)).toBeUndefined();
  });

  test('a key that leaves if there is no other, and never beyond its end', () => {
    const keys = linkKeysOf(ring(leaving));

    expect(bestLinkKey(keys, moment(4))).toMatchObject({
      keyId: 'KLEAVES',
      until: new Date('2026-01-02T04:59:00.000Z'),
    });
    expect(bestLinkKey(keys, moment(5))).toBeUndefined();
  });

  test('no key if the ring is empty', () => {
    expect(signs(4)).toBeUndefined();
  });
});

test('only a private key over P-256 is one', () => {
  expect(readPrivateKey(makePrivateKeyPem())?.asymmetricKeyDetails).toEqual({
    namedCurve: 'prime256v1',
  });
  expect(
    readPrivateKey('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'),
  ).toBeUndefined();
});
