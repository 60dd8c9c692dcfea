/** What the signed URLs of our own stores bind: each term comes back as it was signed, and each must be there. */
import { describe, expect, test } from '@jest/globals';
import {
  readUse,
  requireSignedHeaders,
  type SignedUse,
  signDownload,
  signPart,
  signUpload,
} from '../../storage/signed-requests.ts';
import { type SignedMethod, UrlSigner } from '../../storage/url-signer.ts';
import { keyOf, sha256Of, termsFor } from './blob-contract/harness.ts';

const NOW = new Date('2026-11-22T12:00:00.900Z');
const signer = new UrlSigner({
  secret: Buffer.alloc(32, 7),
  publicUrl: 'http://store.test',
  clock: () => NOW,
});
const signing = { signer, now: NOW, expiresInSeconds: 60 };
const key = keyOf('p.zip');
const upload = { key, uploadId: 'u-1' };
const DIGEST = `sha-256=:${Buffer.from(sha256Of('pad'), 'hex').toString('base64')}:`;
const expiresAt = new Date('2026-11-22T12:01:00.000Z');

function useOf(method: SignedMethod, url: string): SignedUse {
  return readUse(method, signer.verify(method, url.slice('http://store.test'.length)));
}

describe('a signed request', () => {
  test('to upload gives back every term, and asks for every header', () => {
    const terms = termsFor('pad');
    const headers = {
      'content-type': terms.contentType,
      'content-disposition': terms.contentDisposition,
      'cache-control': terms.cacheControl,
      'content-digest': DIGEST,
      'if-none-match': '*',
    };

    const request = signUpload(signing, key, terms);

    expect(request).toEqual({ method: 'PUT', url: request.url, headers, expiresAt });
    expect(useOf('PUT', request.url)).toEqual({ kind: 'upload', key, terms, headers });
  });

  test('to send a part gives back the part, with its checksum where it has one', () => {
    const part = { partNumber: 2, size: 3 };
    const plain = signPart(signing, upload, part);
    const checked = signPart(signing, upload, { ...part, sha256: sha256Of('pad') });

    expect(plain).toEqual({ method: 'PUT', url: plain.url, headers: {}, expiresAt });
    expect(useOf('PUT', plain.url)).toEqual({ kind: 'part', upload, part, headers: {} });
    expect(checked.headers).toEqual({ 'content-digest': DIGEST });
    expect(useOf('PUT', checked.url)).toEqual({
      kind: 'part',
      upload,
      part: { ...part, sha256: sha256Of('pad') },
      headers: { 'content-digest': DIGEST },
    });
  });

  test('to download is for GET unless HEAD is asked for, and bound to an ETag where there is one', () => {
    const terms = { contentType: 'a/b', contentDisposition: 'attachment' };
    const get = signDownload(signing, key, terms);
    const head = signDownload(signing, key, { ...terms, method: 'HEAD', etag: '"1"' });

    expect(get).toEqual({ method: 'GET', url: get.url, headers: {}, expiresAt });
    expect(useOf('GET', get.url)).toEqual({
      kind: 'download',
      key,
      terms: { ...terms, method: 'GET' },
      headers: {},
    });
    expect(head.method).toBe('HEAD');
    expect(useOf('HEAD', head.url)).toMatchObject({
      terms: { ...terms, method: 'HEAD', etag: '"1"' },
    });
  });
});

describe('a URL that another release signed', () => {
  const upload = {
    size: '3',
    sha256: sha256Of('pad'),
    type: 'a/b',
    disposition: 'attachment',
    cache: 'no-store',
    attempt: 'a',
  };
  const part = { upload: 'u-1', part: '1', size: '3' };
  const download = { type: 'a/b', disposition: 'attachment' };

  test.each([
    ...Object.keys(upload).map((name) => ['PUT', upload, name] as const),
    ...['part', 'size'].map((name) => ['PUT', part, name] as const),
    ...Object.keys(download).map((name) => ['GET', download, name] as const),
  ])('for %s, of %j, without %s is refused by that name', (method, params, name) => {
    const without: Record<string, string> = { ...params };
    delete without[name];

    expect(() => readUse(method, { key, params: without, expiresAt })).toThrow(
      expect.objectContaining({
        code: 'FORBIDDEN',
        message: `this URL lacks ${name}: it was signed by another release`,
      }) as unknown as Error,
    );
  });
});

describe('the headers of a request', () => {
  const terms = termsFor('pad');
  const use = useOf('PUT', signUpload(signing, key, terms).url);
  const right = { ...use.headers, 'content-length': '3' };

  test('are taken where all are there as signed, with others besides', () => {
    expect(() => requireSignedHeaders(use, { ...right, 'user-agent': 'x' })).not.toThrow();
  });

  test.each(Object.keys(right))('are refused where %s is another, or missing', (name) => {
    const expected = JSON.stringify(right[name as keyof typeof right]);
    const { [name as keyof typeof right]: _, ...missing } = right;

    expect(() => requireSignedHeaders(use, { ...right, [name]: 'x' })).toThrow(
      expect.objectContaining({
        code: 'FORBIDDEN',
        message: `header ${name} must be ${expected} as signed, got "x"`,
      }) as unknown as Error,
    );
    expect(() => requireSignedHeaders(use, missing)).toThrow(
      `header ${name} must be ${expected} as signed, got null`,
    );
  });

  test('of a part hold its length, of a download none', () => {
    const part = useOf('PUT', signPart(signing, upload, { partNumber: 1, size: 7 }).url);
    const download = useOf(
      'GET',
      signDownload(signing, key, { contentType: 'a/b', contentDisposition: 'c' }).url,
    );

    expect(() => requireSignedHeaders(part, { 'content-length': '7' })).not.toThrow();
    expect(() => requireSignedHeaders(part, { 'content-length': '8' })).toThrow('"7" as signed');
    expect(() => requireSignedHeaders(download, {})).not.toThrow();
  });
});
