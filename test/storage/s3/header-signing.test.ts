/**
 * Requests that are signed in headers carry the signature that AWS documents, computed here by hand:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { S3Bucket } from '../../../storage/s3/bucket/s3-bucket.ts';
import type { S3Settings } from '../../../storage/s3/bucket/s3-settings.ts';
import type { PlannedUpload } from '../../../storage/s3/bucket/upload-id.ts';
import { sdkS3 } from '../../../storage/s3/requests/sdk-client.ts';
import { RequestSigner } from '../../../storage/s3/signing/request-signer.ts';
import { S3LinkSigner } from '../../../storage/s3/signing/s3-link-signer.ts';
import { signPart } from '../../../storage/s3/signing/signed-terms.ts';
import { keyOf, sha256Of } from '../blob-contract/harness.ts';

const NOW = new Date('2026-11-22T12:00:00.500Z');
const TIME = '20261122T120000Z';
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/+=' };
const HOSTS: Readonly<Record<string, string>> = {
  none: 'https://packages.s3.eu-central-1.amazonaws.com',
  'http://127.0.0.1:9000': 'http://127.0.0.1:9000/packages',
  'https://fra1.store.test': 'https://packages.fra1.store.test',
};
const key = keyOf('linux-x64.tar.gz', '1.4.0+build.7');

function signerFor(settings: Partial<S3Settings> = {}): RequestSigner {
  const bucket = new S3Bucket(
    {
      bucket: 'packages',
      region: 'eu-central-1',
      credentials: KEYS,
      addressing: 'auto',
      integrity: 'payload',
      ...settings,
    },
    sdkS3,
  );
  return new RequestSigner(bucket, () => NOW);
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sortedByName(search: string): string {
  const pairs = search.split('&').map((pair) => pair.split('='));
  return pairs
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&');
}

/** The Authorization header of a request, by the four steps of the documentation. */
function authorizationOf(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
): string {
  const [address = '', search = ''] = url.split('?');
  const [, host = '', path = ''] = /^https?:\/\/([^/]+)(\/.*)$/.exec(address) ?? [];
  const signed = Object.entries({ ...headers, host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const canonical = [
    method,
    path,
    sortedByName(search),
    ...signed.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}`),
    '',
    names,
    headers['x-amz-content-sha256'],
  ].join('\n');
  const scope = '20261122/eu-central-1/s3/aws4_request';
  const digest = createHash('sha256').update(canonical).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', TIME, scope, digest].join('\n');
  const signingKey = scope
    .split('/')
    .reduce<string | Buffer>(
      (secret, step) => createHmac('sha256', secret).update(step).digest(),
      `AWS4${KEYS.secretAccessKey}`,
    );
  const signature = createHmac('sha256', signingKey).update(toSign).digest('hex');
  return `AWS4-HMAC-SHA256 Credential=${KEYS.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
}

describe('a request that is signed in headers', () => {
  const places = fc.record({
    endpoint: fc.constantFrom(undefined, 'http://127.0.0.1:9000', 'https://fra1.store.test'),
    prefix: fc.constantFrom('', 'team', "a b/c+d'(e)*!~é"),
  });
  const query = fc.dictionary(fc.stringMatching(/^[a-z][a-zA-Z-]{0,8}$/), fc.string(), {
    maxKeys: 3,
    noNullPrototype: true,
  });

  test('carries the documented signature, at the address that was signed', () =>
    fc.assert(
      fc.asyncProperty(places, query, async ({ endpoint, prefix }, parameters) => {
        const signer = signerFor({ prefix, ...(endpoint !== undefined && { endpoint }) });
        const sha256 = sha256Of('body');

        const { method, url, headers } = await signer.inHeaders(
          {
            method: 'PUT',
            key,
            query: parameters,
            headers: { 'content-length': '4', 'content-type': 'text/plain; a="b  c"' },
          },
          sha256,
        );

        const host = HOSTS[endpoint ?? 'none'];
        const path = `${prefix === '' ? '' : `${prefix}/`}${key}`.split('/').map(encode).join('/');
        const pairs = Object.entries(parameters).map(
          ([name, value]) => `${encode(name)}=${encode(value)}`,
        );
        const [address, ...search] = url.split(/[?&]/);
        expect(address).toBe(`${host}/${path}`);
        expect(search.sort()).toEqual(pairs.sort());
        const { authorization, ...others } = headers;
        expect(others).toEqual({
          'content-type': 'text/plain; a="b  c"',
          'x-amz-content-sha256': sha256,
          'x-amz-date': TIME,
        });
        expect(authorization).toBe(
          authorizationOf(method, url, { ...others, 'content-length': '4' }),
        );
      }),
    ));

  test('names all headers that the signer left out', async () => {
    const headers = { date: 'today', expect: '100-continue' };

    await expect(signerFor().inUrl({ method: 'PUT', key, query: {}, headers }, 60)).rejects.toThrow(
      'the signer left out date, expect, got host',
    );
  });

  test('is refused where there are no credentials, with the settings that give them', async () => {
    const refusing = new RequestSigner(
      {
        address: new S3Bucket(
          {
            bucket: 'packages',
            region: 'eu-central-1',
            addressing: 'path',
            integrity: 'payload',
          },
          sdkS3,
        ).address,
        prefix: '',
        credentials: () =>
          Promise.reject(
            Object.assign(new Error('no profile'), { name: 'CredentialsProviderError' }),
          ),
      },
      () => NOW,
    );

    await expect(
      refusing.inHeaders({ method: 'PUT', key, query: {}, headers: {} }, sha256Of('')),
    ).rejects.toThrow('signing: no credentials are found: set S3_ACCESS_KEY');
  });
});

describe('a link that is signed without the S3 client', () => {
  test.each([
    [undefined, ''],
    ['', ''],
    ['/', ''],
    ['//releases//', 'releases/'],
    ['a/b', 'a/b/'],
  ])('with the prefix %j is for the key below %j', async (prefix, root) => {
    const signer = new S3LinkSigner({
      bucket: 'packages',
      region: 'eu-central-1',
      addressing: 'auto',
      credentials: async () => KEYS,
      clock: () => NOW,
      ...(prefix !== undefined && { prefix }),
    });
    const terms = { contentType: 'text/plain', contentDisposition: 'attachment' };

    const { url } = await signer.signDownload(key, terms, 60);

    expect(new URL(url).pathname).toBe(`/${root}${key.replace('+', '%2B')}`);
    expect(signer.name).toBe('s3');
  });
});

describe('a part', () => {
  const planned = {
    storeId: 'upload',
    size: 3,
    plan: { partSize: 3, partCount: 1, partChecksums: true },
    mark: 'm',
  } as const satisfies Omit<PlannedUpload, 'proof'>;
  const terms = { partNumber: 1, size: 3, sha256: sha256Of('pad') };
  const signed = (proof: PlannedUpload['proof'], { sha256, ...rest }: Partial<typeof terms>) =>
    signPart(
      signerFor(),
      key,
      { ...planned, proof },
      { ...terms, ...rest, ...(sha256 !== undefined && { sha256 }) } as typeof terms,
      60,
    );

  test('binds its digest in headers where the store proves bodies by their signature', async () => {
    const { method, url, headers } = await signed('payload', terms);

    expect(method).toBe('PUT');
    expect(url).toMatch(/\?partNumber=1&uploadId=upload&x-id=UploadPart$/);
    const { authorization, ...others } = headers;
    expect(others['x-amz-content-sha256']).toBe(terms.sha256);
    expect(authorization).toBe(authorizationOf(method, url, { ...others, 'content-length': '3' }));
  });

  test('binds its length alone where the plan proves nothing, digest or not', async () => {
    const { method, url, headers } = await signed('none', terms);

    expect(method).toBe('PUT');
    expect(headers).toEqual({});
    expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;host');
    expect(new URL(url).searchParams.get('uploadId')).toBe('upload');
  });

  test.each(['checksum', 'payload'] as const)(
    'without a digest binds its length alone, by %s',
    async (proof) => {
      const { url, headers } = await signPart(
        signerFor(),
        key,
        { ...planned, proof },
        { partNumber: 1, size: 3 },
        60,
      );

      expect(headers).toEqual({});
      expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;host');
    },
  );
});
