/** Links of the CDN signer, checked by a verifier that follows only CloudFront's documentation. */
import { describe, expect, test } from '@jest/globals';
import { makePrivateKeyPem, publicPemOf, readPrivateKey } from '../../../core/cdn-keys/key-pair.ts';
import type { LinkKey } from '../../../core/cdn-keys/signers.ts';
import { addSeconds } from '../../../core/clock.ts';
import { packageKey, parseExt, parsePackageId, parseVersionId } from '../../../core/names.ts';
import { CdnSigner, cdnBaseUrl } from '../../../storage/cdn/cdn-signer.ts';
import { refusalOf } from './cdn-verifier.ts';

const NOW = new Date('2026-01-02T03:04:05.678Z');
const terms = { contentType: 'application/zip', contentDisposition: 'attachment' };
const key = packageKey(parseVersionId('1.0.0+b1'), parsePackageId('linux-x64'), parseExt('tar.gz'));
const pair = privateKeyOf(makePrivateKeyPem());
const trusted = new Map([['K1', publicPemOf(pair)]]);

function privateKeyOf(pem: string) {
  const privateKey = readPrivateKey(pem);
  if (privateKey === undefined) throw new Error('not a key');
  return privateKey;
}

function signerWith(more: Partial<LinkKey> = {}, domain = 'd1.cloudfront.net'): CdnSigner {
  const keyring = { key: async () => ({ keyId: 'K1', privateKey: pair, ...more }) };
  return new CdnSigner({ domain, keyring, clock: () => NOW });
}

describe('a link of the CDN', () => {
  test('is taken by who verifies it with the public key alone, until it expires and no longer', async () => {
    const { method, url, headers, expiresAt } = await signerWith().signDownload(key, terms, 300);

    expect({ method, headers, expiresAt }).toEqual({
      method: 'GET',
      headers: {},
      expiresAt: new Date('2026-01-02T03:09:05.000Z'),
    });
    expect(refusalOf(url, trusted, addSeconds(expiresAt, -1))).toBeUndefined();
    expect(refusalOf(url, trusted, expiresAt)).toBe('expired');
  });

  test('has the path of the key, with a plus as %2B', async () => {
    const { url } = await signerWith().signDownload(key, terms, 300);

    expect(url).toMatch(
      /^https:\/\/d1\.cloudfront\.net\/packages\/1\.0\.0%2Bb1\/linux-x64\.tar\.gz\?Expires=\d+&Signature=/,
    );
  });

  test('is good for this path, this expiry and this key alone', async () => {
    const { url } = await signerWith().signDownload(key, terms, 300);
    const expires = /Expires=(\d+)/.exec(url)?.[1] ?? '';

    expect(refusalOf(url.replace('linux-x64', 'linux-x65'), trusted, NOW)).toBe('wrong signature');
    expect(refusalOf(url.replace(expires, String(Number(expires) + 1)), trusted, NOW)).toBe(
      'wrong signature',
    );
    expect(refusalOf(url.replace('K1', 'K2'), trusted, NOW)).toBe('unknown key K2');
  });

  test('holds nothing that a URL could not, for any signature', async () => {
    const urls = await Promise.all(
      Array.from({ length: 200 }, () => signerWith().signDownload(key, terms, 300)),
    );

    expect(
      urls.filter(
        ({ url }) => !/^[\w:/.%?=&~-]+$/.test(url) || refusalOf(url, trusted, NOW) !== undefined,
      ),
    ).toEqual([]);
    expect(new Set(urls.map(({ url }) => url)).size).toBe(200);
  });

  test('has the method that was asked for: GET or HEAD', async () => {
    expect((await signerWith().signDownload(key, { ...terms, method: 'HEAD' }, 300)).method).toBe(
      'HEAD',
    );
  });

  test('lives no longer than its key is trusted', async () => {
    const { url, expiresAt } = await signerWith({ until: addSeconds(NOW, 20) }).signDownload(
      key,
      terms,
      300,
    );

    expect(expiresAt).toEqual(new Date('2026-01-02T03:04:25.000Z'));
    expect(refusalOf(url, trusted, expiresAt)).toBe('expired');
  });

  test('begins with the whole URL where the CDN is not reached by https', async () => {
    const { url } = await signerWith({}, 'http://127.0.0.1:4566/').signDownload(key, terms, 300);

    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:4566\/packages\//);
    expect(refusalOf(url, trusted, NOW)).toBeUndefined();
  });
});

test('the address of the CDN has no slash at its end, however many it was given', () => {
  expect(cdnBaseUrl('d1.cloudfront.net')).toBe('https://d1.cloudfront.net');
  expect(cdnBaseUrl('d1.cloudfront.net//')).toBe('https://d1.cloudfront.net');
  expect(cdnBaseUrl('http://127.0.0.1:4566/a/b/')).toBe('http://127.0.0.1:4566/a/b');
});

test('links of the CDN go by the name of the store whose files it hands out', () => {
  expect(signerWith().name).toBe('s3');
});
