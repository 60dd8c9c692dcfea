/**
 * Keys rotate while links are asked for without a pause: each is checked against the key group of
 * every moment of its life, and none is refused.
 */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makeFirstKeys } from '../../../core/cdn-keys/first-keys.ts';
import { readPrivateKey } from '../../../core/cdn-keys/key-pair.ts';
import type { Canary, KeyringStore } from '../../../core/cdn-keys/ports.ts';
import { rotateOnce } from '../../../core/cdn-keys/rotate.ts';
import { addSeconds } from '../../../core/clock.ts';
import { ServiceError } from '../../../core/errors.ts';
import { packageKey, parseExt, parsePackageId, parseVersionId } from '../../../core/names.ts';
import type { SignedRequest } from '../../../core/ports/blob-store.ts';
import { CachedKeyring } from '../../../storage/cdn/cached-keyring.ts';
import { CdnSigner, signCdnUrl } from '../../../storage/cdn/cdn-signer.ts';
import { CloudFront } from '../../../storage/cdn/cloudfront.ts';
import { CloudFrontKeyGroups } from '../../../storage/cdn/cloudfront-key-groups.ts';
import { CloudFrontPublicKeys } from '../../../storage/cdn/cloudfront-public-keys.ts';
import { SecretKeyring } from '../../../storage/cdn/secret-keyring.ts';
import { refusalOf } from './cdn-verifier.ts';
import { FakeAws } from './fake-aws.ts';

const SETTINGS = {
  overlapSeconds: 3600,
  maxAgeSeconds: 4 * 3600 + 1000,
  linkTtlSeconds: 900,
  staleSeconds: 3600,
};
const STEP_SECONDS = 150;
const DAY_SECONDS = 24 * 3600;
const terms = { contentType: 'application/zip', contentDisposition: 'attachment' };
const key = packageKey(parseVersionId('1.0.0+b1'), parsePackageId('tool'), parseExt('zip'));

let aws: FakeAws;
let now: Date;
beforeEach(async () => {
  aws = await FakeAws.listen();
  now = new Date('2026-01-02T03:04:05.000Z');
});
afterEach(() => aws.close());

/** What the edges trust at this moment. */
function trusted(): ReadonlyMap<string, string> {
  const keyIds = [...aws.groups.values()].flatMap((group) => group.keyIds);
  return new Map(keyIds.map((keyId) => [keyId, aws.publicKeys.get(keyId)?.pem ?? '']));
}

const canary: Canary = {
  try: async ({ keyId, privateKeyPem }) => {
    const privateKey = readPrivateKey(privateKeyPem);
    if (privateKey === undefined) return 'no key';
    const expires = Math.floor(addSeconds(now, 60).getTime() / 1000);
    return refusalOf(
      signCdnUrl('https://cdn.test/canary', expires, { keyId, privateKey }),
      trusted(),
      now,
    );
  },
};

function signer(source: Pick<KeyringStore, 'read'>): CdnSigner {
  const clock = () => now;
  const keyring = new CachedKeyring({ source, clock, staleSeconds: SETTINGS.staleSeconds });
  return new CdnSigner({ domain: 'cdn.test', keyring, clock });
}

/**
 * A keyring that can be read for a moment every hour, as if Secrets Manager were ill in between.
 */
function ill(keyring: SecretKeyring, isIll: () => boolean): Pick<KeyringStore, 'read'> {
  return {
    read: async () =>
      isIll() ? Promise.reject(new ServiceError('UNAVAILABLE', 'ill')) : keyring.read(),
  };
}

async function madeRotation(keyring: SecretKeyring): Promise<() => Promise<unknown>> {
  const cloudFront = new CloudFront(aws.options);
  const [publicKeys, keyGroups] = [
    new CloudFrontPublicKeys(cloudFront),
    new CloudFrontKeyGroups(cloudFront),
  ];
  let names = 0;
  const deps = {
    keyring,
    publicKeys,
    keyGroups,
    canary,
    clock: () => now,
    newName: () => `pair-${++names}`,
  };
  const keyGroup = keyGroups.group(await makeFirstKeys(deps, 'group'));
  return () => rotateOnce({ ...deps, keyGroup, settings: SETTINGS });
}

test('no link is refused while keys rotate through a day, also of a process that can read the keyring but rarely', async () => {
  aws.text = '{"version":1,"keys":[]}';
  const keyring = new SecretKeyring({ secretId: 'keyring', ...aws.options });
  const rotate = await madeRotation(keyring);
  let second = 0;
  const signers = [signer(keyring), signer(ill(keyring, () => second % 3600 !== 0))];
  const links: SignedRequest[] = [];
  const [signedBy, refused] = [new Set<string>(), new Set<string>()];
  let checked = 0;

  for (; second < DAY_SECONDS; second += STEP_SECONDS) {
    if (second % 900 === 0) await rotate();
    for (const one of signers)
      links.push(await one.signDownload(key, terms, SETTINGS.linkTtlSeconds));
    const group = trusted();
    for (const { url } of links.filter(({ expiresAt }) => expiresAt > now)) {
      checked += 1;
      signedBy.add(/Key-Pair-Id=(\w+)/.exec(url)?.[1] ?? '');
      const refusal = refusalOf(url, group, now);
      if (refusal !== undefined) refused.add(`${now.toISOString()} ${refusal}`);
    }
    now = addSeconds(now, STEP_SECONDS);
  }

  expect([...refused]).toEqual([]);
  expect(checked).toBeGreaterThan(5000);
  expect(signedBy.size).toBeGreaterThanOrEqual(4);
  expect(aws.publicKeys.size).toBeLessThanOrEqual(3);
});
