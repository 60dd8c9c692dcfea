/**
 * UrlSigner: a signed URL works unchanged, for its method, until it expires. No other URL works.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UrlSigner } from '../../storage/url-signer.ts';
import { keyOf, withCode } from './blob-contract/harness.ts';

const NOW = new Date('2026-11-22T12:00:00.000Z');
const LATER = new Date('2026-11-22T12:05:00.900Z');
const KEY = keyOf('linux-x64.tar.gz', '1.4.0+build.7');

function signerAt(now: Date, publicUrl = 'https://files.test/stowage/'): UrlSigner {
  return new UrlSigner({ secret: Buffer.alloc(32, 7), publicUrl, clock: () => now });
}

function pathOf(url: string): string {
  return url.slice(url.indexOf('/blobs/'));
}

describe('UrlSigner', () => {
  const signer = signerAt(NOW);
  const params = {
    type: `a/b; c="d e"`,
    disposition: `attachment; filename="It's (a) *test* & 100%~+.zip"`,
  };
  const url = signer.sign('GET', KEY, params, LATER);

  test('verifying a URL returns the key, the terms and the expiry that were signed', () => {
    expect(signer.verify('GET', pathOf(url))).toEqual({
      key: KEY,
      params,
      expiresAt: new Date('2026-11-22T12:05:00Z'),
    });
  });

  test('it begins with the public URL, escapes the plus of a key, and ends with the signature', () => {
    expect(url).toMatch(
      /^https:\/\/files\.test\/stowage\/blobs\/packages\/1\.4\.0%2Bbuild\.7\/linux-x64\.tar\.gz\?expires=\d+&type=.*&signature=[\w-]{43}$/,
    );
  });

  test('parsing it as a URL changes no character', () => {
    expect(new URL(url).href).toBe(url);
  });

  test('a parameter can be any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const signed = signer.sign('PUT', KEY, { text }, LATER);
        expect(new URL(signed).href).toBe(signed);
        expect(signer.verify('PUT', pathOf(signed)).params).toEqual({ text });
      }),
    );
  });

  test('it is refused when any one character is changed', () => {
    const signed = pathOf(url);
    const character = fc.oneof(
      fc.constantFrom(...'%&=?/+.~-_ 0aAzZ'),
      fc.string({ minLength: 1, maxLength: 1 }),
    );
    fc.assert(
      fc.property(fc.nat(signed.length - 1), character, (at, other) => {
        fc.pre(signed[at] !== other);
        expect(() =>
          signer.verify('GET', signed.slice(0, at) + other + signed.slice(at + 1)),
        ).toThrow(withCode('FORBIDDEN') as Error);
      }),
      { numRuns: 2000 },
    );
  });

  test('the last character of the signature has no alias, though base64url has', () => {
    const signed = pathOf(url);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

    const accepted = [...alphabet].filter((last) => {
      try {
        signer.verify('GET', signed.slice(0, -1) + last);
        return true;
      } catch {
        return false;
      }
    });

    expect(accepted).toEqual([signed.at(-1)]);
  });

  test.each([
    [
      'another order of parameters',
      (signed: string) => signed.replace(/(type=[^&]*)&(disposition=[^&]*)/, '$2&$1'),
    ],
    ['another parameter', (signed: string) => `${signed}&x=1`],
    ['a parameter twice', (signed: string) => signed.replace('&signature', '&type=x&signature')],
    ['no signature', (signed: string) => signed.replace(/&signature=.*/, '')],
    ['an empty signature', (signed: string) => signed.replace(/&signature=.*/, '&signature=')],
    ['the plus unescaped', (signed: string) => signed.replace('%2B', '+')],
    ['an escape in small letters', (signed: string) => signed.replace('%2B', '%2b')],
    ['another spelling of the path', (signed: string) => signed.replace('/blobs/', '/blobs//')],
    ['nothing', () => ''],
  ])('it is refused with %s', (_what, change) => {
    expect(() => signer.verify('GET', change(pathOf(url)))).toThrow(withCode('FORBIDDEN') as Error);
  });

  test('it works only for its own method and with its own secret', () => {
    const stranger = new UrlSigner({
      secret: Buffer.alloc(32, 8),
      publicUrl: 'https://files.test',
      clock: () => NOW,
    });

    for (const method of ['HEAD', 'PUT', 'get', '']) {
      expect(() => signer.verify(method, pathOf(url))).toThrow(withCode('FORBIDDEN') as Error);
    }
    expect(() => stranger.verify('GET', pathOf(url))).toThrow(withCode('FORBIDDEN') as Error);
  });

  test('it works until the last millisecond before it expires, and not after', () => {
    const lastMoment = signerAt(new Date('2026-11-22T12:04:59.999Z'));
    const expired = signerAt(new Date('2026-11-22T12:05:00.000Z'));

    expect(lastMoment.verify('GET', pathOf(url)).key).toBe(KEY);
    expect(() => expired.verify('GET', pathOf(url))).toThrow(
      /^this URL expired at 2026-11-22T12:05:00/,
    );
    expect(() => expired.verify('GET', pathOf(url))).toThrow(withCode('FORBIDDEN') as Error);
  });

  test('a secret shorter than 32 bytes is refused', () => {
    const short = { secret: Buffer.alloc(31), publicUrl: 'https://files.test', clock: () => NOW };

    expect(() => new UrlSigner(short)).toThrow(withCode('INVALID_INPUT') as Error);
    expect(() => new UrlSigner(short)).toThrow(
      'URL signing key must have 32 bytes or more, got 31',
    );
  });

  test('slashes at the end of the public URL, and only there, are left out', () => {
    const path = pathOf(url);

    expect(signerAt(NOW, 'https://files.test/a//').sign('GET', KEY, params, LATER)).toBe(
      `https://files.test/a${path}`,
    );
    expect(signerAt(NOW, 'https://files.test/a/b').sign('GET', KEY, params, LATER)).toBe(
      `https://files.test/a/b${path}`,
    );
  });

  test('a refused URL says that it was changed, an expired one that a new one is needed', () => {
    expect(() => signer.verify('GET', `${pathOf(url)}x`)).toThrow(
      'this URL is not signed for this request: method, path and query must be sent as they were issued',
    );
    expect(() => signerAt(new Date('2027-01-01')).verify('GET', pathOf(url))).toThrow(
      'this URL expired at 2026-11-22T12:05:00.000Z, ask for a new one',
    );
  });

  test('every character outside the unreserved ones of RFC 3986 is escaped in capital letters', () => {
    const signed = signer.sign('GET', KEY, { text: "!'()*~-._é" }, LATER);

    expect(signed).toContain('&text=%21%27%28%29%2A~-._%C3%A9&signature=');
  });
});
