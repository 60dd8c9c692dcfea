/**
 * The keyring, public keys and key groups at AWS: written once, even if asked twice or at the same
 * time.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EMPTY_KEYRING } from '../../../core/cdn-keys/keyring.ts';
import { withNewPair } from '../../../core/cdn-keys/rotate.ts';
import { CloudFront } from '../../../storage/cdn/cloudfront.ts';
import { CloudFrontKeyGroups } from '../../../storage/cdn/cloudfront-key-groups.ts';
import { CloudFrontPublicKeys } from '../../../storage/cdn/cloudfront-public-keys.ts';
import { SecretKeyring } from '../../../storage/cdn/secret-keyring.ts';
import { FakeAws } from './fake-aws.ts';

let aws: FakeAws;
let keyring: SecretKeyring;
let publicKeys: CloudFrontPublicKeys;
let groups: CloudFrontKeyGroups;
beforeEach(async () => {
  aws = await FakeAws.listen();
  aws.text = '{"version":1,"keys":[]}';
  keyring = new SecretKeyring({ secretId: 'keyring', ...aws.options });
  const cloudFront = new CloudFront(aws.options);
  publicKeys = new CloudFrontPublicKeys(cloudFront);
  groups = new CloudFrontKeyGroups(cloudFront);
});
afterEach(() => aws.close());

const withCode = (code: string) => expect.objectContaining({ code });
const PEM = (text: string) => `-----BEGIN PUBLIC KEY-----\n${text}\n-----END PUBLIC KEY-----\n`;

describe('the keyring', () => {
  test('is written over what was read', async () => {
    const ring = withNewPair(EMPTY_KEYRING, 'pair-1');

    const written = await keyring.write(ring, await keyring.read());

    expect(written?.keyring).toEqual(ring);
    expect(await keyring.read()).toEqual(written);
  });

  test('is written by one of two who read the same', async () => {
    const read = await keyring.read();

    const first = await keyring.write(withNewPair(EMPTY_KEYRING, 'pair-1'), read);
    const second = await keyring.write(withNewPair(EMPTY_KEYRING, 'pair-2'), read);

    expect([first?.keyring.keys[0]?.name, second]).toEqual(['pair-1', undefined]);
    expect((await keyring.read()).keyring.keys.map(({ name }) => name)).toEqual(['pair-1']);
  });

  test('is written once where the answer is lost', async () => {
    let isCut = false;
    aws.fault = ({ path }) => {
      if (isCut || !path.endsWith('.PutSecretValue')) return undefined;
      isCut = true;
      return 'cut';
    };
    const ring = withNewPair(EMPTY_KEYRING, 'pair-1');

    expect(await keyring.write(ring, await keyring.read())).toBeDefined();
    expect((await keyring.read()).keyring).toEqual(ring);
    expect(aws.versions.size).toBe(2);
  });

  test.each([
    ['that is refused', { status: 400, code: 'AccessDeniedException' }, 'access is denied'],
    ['that is not there', { status: 400, code: 'ResourceNotFoundException' }, 'see CDN_KEYRING'],
    ['whose service fails', { status: 500, code: 'InternalServiceError' }, 'try again'],
    ['that can not be reached', 'cut', "can't be reached"],
  ] as const)('%s is UNAVAILABLE', async (_, fault, advice) => {
    aws.fault = () => fault;

    await expect(keyring.read()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(advice),
    });
  });

  test('that is none is UNAVAILABLE and shows nothing of its text, unless it is about to be made', async () => {
    aws.text = 'pk-secret';
    const fresh = new SecretKeyring({ secretId: 'keyring', isNew: true, ...aws.options });

    await expect(keyring.read()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.not.stringContaining('pk-secret'),
    });
    expect((await fresh.read()).keyring).toEqual(EMPTY_KEYRING);
  });

  test('of a secret without a value is empty where it is about to be made', async () => {
    aws.current = undefined;
    const fresh = new SecretKeyring({ secretId: 'keyring', isNew: true, ...aws.options });

    const written = await fresh.write(withNewPair(EMPTY_KEYRING, 'pair-1'), await fresh.read());

    expect(written).toEqual(await fresh.read());
  });
});

describe('a public key', () => {
  test('is registered once, however often it is asked for', async () => {
    const keyId = await publicKeys.register('pair-1', PEM('one'));

    expect(await publicKeys.register('pair-1', PEM('one'))).toBe(keyId);
    expect(aws.publicKeys.get(keyId)).toEqual({ name: 'pair-1', pem: PEM('one') });
  });

  test('is found on a later page of the list', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await publicKeys.register(name, PEM(name));
    const [, , , , last] = [...aws.publicKeys.keys()];

    expect(await publicKeys.register('e', PEM('e'))).toBe(last);
  });

  test('under a name that is taken by another is CONFLICT', async () => {
    await publicKeys.register('pair-1', PEM('one'));

    await expect(publicKeys.register('pair-1', PEM('two'))).rejects.toEqual(withCode('CONFLICT'));
  });

  test('is removed by its id, by its name alone, and again', async () => {
    const keyId = await publicKeys.register('pair-1', PEM('one'));
    await publicKeys.register('pair-2', PEM('two'));

    await publicKeys.remove({ name: 'pair-1', keyId });
    await publicKeys.remove({ name: 'pair-1', keyId });
    await publicKeys.remove({ name: 'pair-2' });
    await publicKeys.remove({ name: 'pair-2' });

    expect(aws.publicKeys.size).toBe(0);
  });

  test('in a key group stays, and that is CONFLICT', async () => {
    const keyId = await publicKeys.register('pair-1', PEM('one'));
    await groups.ensure('group', [keyId]);

    await expect(publicKeys.remove({ name: 'pair-1', keyId })).rejects.toEqual(
      withCode('CONFLICT'),
    );
  });
});

describe('a key group', () => {
  test('is made once, and has every key that was asked for', async () => {
    const [one, two] = [
      await publicKeys.register('a', PEM('a')),
      await publicKeys.register('b', PEM('b')),
    ];

    const groupId = await groups.ensure('group', [one]);

    expect(await groups.ensure('group', [one, two])).toBe(groupId);
    expect(await groups.keysOf(groupId)).toEqual([one, two]);
  });

  test('is written by one of two who read the same', async () => {
    const [one, two] = [
      await publicKeys.register('a', PEM('a')),
      await publicKeys.register('b', PEM('b')),
    ];
    const group = groups.group(await groups.ensure('group', [one]));
    const read = await group.read();

    expect(await group.write([one, two], read)).toBe(true);
    expect(await group.write([two], read)).toBe(false);
    expect(await group.read()).toMatchObject({ name: 'group', keyIds: [one, two] });
  });

  test('is removed, and removed again', async () => {
    const groupId = await groups.ensure('group', [await publicKeys.register('a', PEM('a'))]);

    await groups.remove(groupId);
    await groups.remove(groupId);

    expect(await groups.keysOf(groupId)).toBeUndefined();
  });
});
