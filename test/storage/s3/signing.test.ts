/**
 * S3Store signs what the SDK's own getSignedUrl would, parameter for parameter; no request outlives
 * its credentials; every term is signed.
 */

import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addSeconds } from '../../../core/clock.ts';
import { S3Bucket } from '../../../storage/s3/bucket/s3-bucket.ts';
import { sdkS3 } from '../../../storage/s3/requests/sdk-client.ts';
import { S3Store, type S3StoreOptions } from '../../../storage/s3/s3-store.ts';
import { RequestSigner } from '../../../storage/s3/signing/request-signer.ts';
import { S3LinkSigner } from '../../../storage/s3/signing/s3-link-signer.ts';
import { signPart } from '../../../storage/s3/signing/signed-terms.ts';
import { keyOf, sha256Of, TTL_SECONDS, termsFor, withCode } from '../blob-contract/harness.ts';

const NOW = new Date('2026-11-22T12:00:00.500Z');
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/+=' };
const DOWNLOAD = {
  contentType: 'application/zip',
  contentDisposition: 'attachment; filename="a b.zip"',
};
const key = keyOf('linux-x64.tar.gz', '1.4.0+build.7');

function storeWith(options: Partial<S3StoreOptions> = {}): S3Store {
  return new S3Store({
    connect: sdkS3,
    bucket: 'packages',
    region: 'eu-central-1',
    credentials: KEYS,
    addressing: 'auto',
    integrity: 'checksum',
    clock: () => NOW,
    newId: () => 'id',
    ...options,
  });
}

function signedHeadersOf(url: string): string | null {
  return new URL(url).searchParams.get('X-Amz-SignedHeaders');
}

/** As clients, credentials and moments may be. */
const settings = fc.record({
  bucket: fc.constantFrom('packages', 'my.dotted.bucket', 'a-b'),
  region: fc.constantFrom('us-east-1', 'eu-central-1', 'cn-north-1', 'fra1'),
  endpoint: fc.constantFrom(
    undefined,
    'http://127.0.0.1:9000',
    'https://fra1.digitaloceanspaces.com',
    'http://[::1]:80',
  ),
  prefix: fc.constantFrom('', 'team', "a b/c+d'(e)*!~é"),
  sessionToken: fc.option(fc.string({ minLength: 1, maxLength: 60 }), { nil: undefined }),
  secretAccessKey: fc.string({ minLength: 1, maxLength: 40 }),
  now: fc.date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true }),
  version: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,20}$/),
  contentType: fc.stringMatching(/^[a-z]{1,8}\/[a-z0-9.+-]{1,12}(; [a-z]{1,5}=[a-z "]{1,9})?$/),
  filename: fc.stringMatching(/^[ -~]{1,30}$/),
});

type Settings = typeof settings extends fc.Arbitrary<infer Value> ? Value : never;

function bothSides({
  bucket,
  region,
  endpoint,
  prefix,
  sessionToken,
  secretAccessKey,
  now,
}: Settings) {
  const credentials = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
  };
  const store = storeWith({
    bucket,
    region,
    credentials,
    prefix,
    clock: () => now,
    ...(endpoint !== undefined && { endpoint }),
  });
  const forcePathStyle = bucket.includes('.') || /:\d|\]/.test((endpoint ?? '').slice(8));
  const client = new S3Client({
    region,
    credentials,
    forcePathStyle,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(endpoint !== undefined && { endpoint }),
  });
  const links = new S3LinkSigner({
    bucket,
    region,
    addressing: 'auto',
    prefix,
    credentials: async () => credentials,
    clock: () => now,
    ...(endpoint !== undefined && { endpoint }),
  });
  return { store, links, client, Bucket: bucket, root: prefix === '' ? '' : `${prefix}/` };
}

describe('signed URLs are those of getSignedUrl', () => {
  test('for uploads with all terms bound', () =>
    fc.assert(
      fc.asyncProperty(settings, async (one) => {
        const { store, client, Bucket, root } = bothSides(one);
        const packageKey = keyOf('p.zip', one.version);
        const terms = { ...termsFor('pad'), contentType: one.contentType, attemptId: 'attempt' };
        const command = new PutObjectCommand({
          Bucket,
          Key: root + packageKey,
          ContentType: terms.contentType,
          ContentDisposition: terms.contentDisposition,
          CacheControl: terms.cacheControl,
          ContentLength: terms.size,
          IfNoneMatch: '*',
          ChecksumSHA256: Buffer.from(terms.sha256, 'hex').toString('base64'),
          Metadata: { 'stowage-attempt': 'attempt' },
        });
        const bound = new Set([
          'cache-control',
          'content-disposition',
          'content-length',
          'content-type',
          'if-none-match',
          'x-amz-checksum-sha256',
          'x-amz-meta-stowage-attempt',
        ]);

        const ours = await store.signUpload(packageKey, terms, TTL_SECONDS);

        expect(ours.url).toBe(
          await getSignedUrl(client, command, {
            expiresIn: TTL_SECONDS,
            signingDate: one.now,
            signableHeaders: new Set([...bound, 'host']),
            unhoistableHeaders: bound,
          }),
        );
      }),
    ));

  test('for downloads, by GET and by HEAD', () =>
    fc.assert(
      fc.asyncProperty(settings, fc.constantFrom('GET', 'HEAD'), async (one, method) => {
        const { store, links, client, Bucket, root } = bothSides(one);
        const packageKey = keyOf('p.zip', one.version);
        const contentDisposition = `attachment; filename=${JSON.stringify(one.filename)}`;
        const input = {
          Bucket,
          Key: root + packageKey,
          ResponseContentType: one.contentType,
          ResponseContentDisposition: contentDisposition,
        };
        const options = { expiresIn: TTL_SECONDS, signingDate: one.now };
        const theirs =
          method === 'GET'
            ? await getSignedUrl(client, new GetObjectCommand(input), options)
            : await getSignedUrl(client, new HeadObjectCommand(input), options);

        const terms = { contentType: one.contentType, contentDisposition, method } as const;
        const ours = await store.signDownload(packageKey, terms, TTL_SECONDS);

        expect(ours).toMatchObject({ url: theirs, method, headers: {} });
        expect(await links.signDownload(packageKey, terms, TTL_SECONDS)).toEqual(ours);
        expect(signedHeadersOf(ours.url)).toBe('host');
      }),
    ));

  test('whatever the same signer has signed before: in the same second or another, on the next day, for another life', async () => {
    let now = NOW;
    const store = storeWith({ clock: () => now });
    const client = new S3Client({
      region: 'eu-central-1',
      credentials: KEYS,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    const input = {
      Bucket: 'packages',
      Key: key,
      ResponseContentType: 'a/b',
      ResponseContentDisposition: 'c',
    };
    for (const [seconds, expiresIn] of [
      [0, 60],
      [0, 90],
      [1, 90],
      [86_400, 90],
      [86_400, 60],
      [0, 60],
    ] as const) {
      now = addSeconds(NOW, seconds);
      const { url } = await store.signDownload(
        key,
        { contentType: 'a/b', contentDisposition: 'c' },
        expiresIn,
      );

      expect(url).toBe(
        await getSignedUrl(client, new GetObjectCommand(input), { expiresIn, signingDate: now }),
      );
    }
  });

  test('for parts with their length and their checksum bound', async () => {
    // Compared with the SDK's own: the port's signPart asks the store first, which is done on real
    // servers.
    const s3 = {
      bucket: 'packages',
      region: 'eu-central-1',
      credentials: KEYS,
      addressing: 'auto',
      integrity: 'checksum',
    } as const;
    const signer = new RequestSigner(new S3Bucket(s3, sdkS3), () => NOW);
    const planned = {
      storeId: '2~up/+load',
      size: 3,
      plan: { partSize: 3, partCount: 1, partChecksums: true },
      proof: 'checksum',
      mark: 'm',
    } as const;
    const client = new S3Client({
      region: s3.region,
      credentials: KEYS,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    const ChecksumSHA256 = Buffer.from(sha256Of('pad'), 'hex').toString('base64');
    const command = new UploadPartCommand({
      Bucket: s3.bucket,
      Key: key,
      UploadId: planned.storeId,
      PartNumber: 1,
      ContentLength: 3,
      ChecksumSHA256,
    });
    const bound = new Set(['content-length', 'x-amz-checksum-sha256']);

    const { url, headers } = await signPart(
      signer,
      key,
      planned,
      { partNumber: 1, size: 3, sha256: sha256Of('pad') },
      60,
    );

    expect(url).toBe(
      await getSignedUrl(client, command, {
        expiresIn: 60,
        signingDate: NOW,
        unhoistableHeaders: bound,
      }),
    );
    expect(headers).toEqual({ 'x-amz-checksum-sha256': ChecksumSHA256 });
  });
});

describe('signed uploads bind their terms', () => {
  test('in the URL: every term is a signed header, and the length is not among the headers to send', async () => {
    const { url, headers } = await storeWith().signUpload(key, termsFor('pad'), TTL_SECONDS);

    expect(signedHeadersOf(url)).toBe(
      'cache-control;content-disposition;content-length;content-type;host;if-none-match;x-amz-checksum-sha256;x-amz-meta-stowage-attempt',
    );
    expect(Object.keys(headers).sort()).toEqual([
      'cache-control',
      'content-disposition',
      'content-type',
      'if-none-match',
      'x-amz-checksum-sha256',
      'x-amz-meta-stowage-attempt',
    ]);
  });

  test('in headers: every term is signed, over the hash of the body, for 15 minutes', async () => {
    const { url, headers, expiresAt } = await storeWith({ integrity: 'payload' }).signUpload(
      key,
      termsFor('pad'),
      60,
    );

    expect(/SignedHeaders=([^,]+)/.exec(headers['authorization'] ?? '')?.[1]).toBe(
      'cache-control;content-disposition;content-length;content-type;host;if-none-match;x-amz-content-sha256;x-amz-date;x-amz-meta-stowage-attempt',
    );
    expect(headers['x-amz-content-sha256']).toBe(sha256Of('pad'));
    expect(url).not.toContain('X-Amz-');
    expect(expiresAt).toEqual(new Date('2026-11-22T12:15:00.000Z'));
  });

  test('a header that can not be signed is refused, not left out', async () => {
    const settings = {
      bucket: 'b',
      region: 'r',
      credentials: KEYS,
      addressing: 'path',
      integrity: 'checksum',
    } as const;
    const signer = new RequestSigner(new S3Bucket(settings, sdkS3), () => NOW);
    const unsigned = { method: 'PUT', key, query: {}, headers: { date: 'today' } } as const;

    await expect(signer.inUrl(unsigned, 60)).rejects.toEqual(withCode('NOT_SUPPORTED'));
    await expect(signer.inUrl(unsigned, 60)).rejects.toThrow('the signer left out date, got host');
    await expect(signer.inHeaders(unsigned, sha256Of('pad'))).rejects.toEqual(
      withCode('NOT_SUPPORTED'),
    );
  });
});

describe('no request outlives its credentials, and expiresAt says so', () => {
  const session = { ...KEYS, sessionToken: 'token' };

  test.each(['checksum', 'payload'] as const)('with 40 seconds left, by %s', async (integrity) => {
    const credentials = { ...session, expiration: addSeconds(NOW, 40) };
    const store = storeWith({ credentials, integrity });

    const expected = new Date('2026-11-22T12:00:40.000Z');
    expect((await store.signUpload(key, termsFor('pad'), TTL_SECONDS)).expiresAt).toEqual(expected);
    const download = await store.signDownload(key, DOWNLOAD, TTL_SECONDS);
    expect(download.expiresAt).toEqual(expected);
    expect(new URL(download.url).searchParams.get('X-Amz-Expires')).toBe('40');
  });

  test('with none left nothing is signed', async () => {
    const store = storeWith({ credentials: { ...session, expiration: NOW } });

    await expect(store.signDownload(key, DOWNLOAD, TTL_SECONDS)).rejects.toEqual(
      withCode('UNAVAILABLE'),
    );
  });

  test('credentials that have expired are named with the moment', async () => {
    const store = storeWith({ credentials: { ...session, expiration: addSeconds(NOW, 0.4) } });

    await expect(store.signDownload(key, DOWNLOAD, TTL_SECONDS)).rejects.toThrow(
      'signing: the credentials have expired at 2026-11-22T12:00:00.900Z: renew them',
    );
  });

  test('with one second left, what is signed lives one second', async () => {
    const store = storeWith({ credentials: { ...session, expiration: addSeconds(NOW, 1) } });

    const { expiresAt } = await store.signDownload(key, DOWNLOAD, TTL_SECONDS);

    expect(expiresAt).toEqual(new Date('2026-11-22T12:00:01.000Z'));
  });

  test('no link lives longer than seven days, which is what S3 takes', async () => {
    const { url, expiresAt } = await storeWith().signDownload(key, DOWNLOAD, 604_801);

    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('604800');
    expect(expiresAt).toEqual(new Date('2026-11-29T12:00:00.000Z'));
  });

  test('credentials without an end are asked for once, those with an end each time', async () => {
    let asked = 0;
    const keys = async () => {
      asked += 1;
      return KEYS;
    };
    const forGood = storeWith({ credentials: keys });
    await forGood.signDownload(key, DOWNLOAD, 60);
    await forGood.signDownload(key, DOWNLOAD, 60);
    expect(asked).toBe(1);
    const ending = storeWith({
      credentials: async () => ({ ...(await keys()), expiration: addSeconds(NOW, 60) }),
    });
    await ending.signDownload(key, DOWNLOAD, 60);
    await ending.signDownload(key, DOWNLOAD, 60);

    expect(asked).toBeGreaterThanOrEqual(3);
  });

  test('of a session without a known expiry, 15 minutes at most', async () => {
    const { expiresAt } = await storeWith({ credentials: session }).signDownload(
      key,
      DOWNLOAD,
      3600,
    );

    expect(expiresAt).toEqual(new Date('2026-11-22T12:15:00.000Z'));
  });

  test('with keys that do not end, as long as was asked', async () => {
    const { expiresAt } = await storeWith().signDownload(key, DOWNLOAD, 3600);

    expect(expiresAt).toEqual(new Date('2026-11-22T13:00:00.000Z'));
  });

  test('new credentials sign from the moment that they are there', async () => {
    let accessKeyId = 'FIRST';
    const credentials = async () => ({
      ...KEYS,
      accessKeyId,
      expiration: addSeconds(new Date(), 1),
    });
    const store = storeWith({ credentials, clock: () => new Date() });
    const signer = async () =>
      new URL((await store.signDownload(key, DOWNLOAD, 60)).url).searchParams.get(
        'X-Amz-Credential',
      );

    expect(await signer()).toMatch(/^FIRST\//);
    accessKeyId = 'SECOND';
    expect(await signer()).toMatch(/^SECOND\//);
  });
});

describe('where the bucket is', () => {
  const hostOf = async (options: Partial<S3StoreOptions>) => {
    const { url } = await storeWith(options).signDownload(key, DOWNLOAD, 60);
    const { origin, pathname } = new URL(url);
    return origin + pathname.slice(0, pathname.indexOf('/packages/1.4.0'));
  };

  test.each([
    ['on AWS, in the regional host name', {}, 'https://packages.s3.eu-central-1.amazonaws.com'],
    [
      'in the path for a dotted name',
      { bucket: 'a.b' },
      'https://s3.eu-central-1.amazonaws.com/a.b',
    ],
    [
      'in the path for an address',
      { endpoint: 'http://127.0.0.1:9000' },
      'http://127.0.0.1:9000/packages',
    ],
    ['in the path for localhost', { endpoint: 'http://localhost' }, 'http://localhost/packages'],
    [
      'in the path for a port',
      { endpoint: 'https://store.test:9000' },
      'https://store.test:9000/packages',
    ],
    [
      'in the host name else',
      { endpoint: 'https://fra1.store.test' },
      'https://packages.fra1.store.test',
    ],
    [
      'in the path where wanted',
      { endpoint: 'https://store.test', addressing: 'path' },
      'https://store.test/packages',
    ],
    [
      'in the host name where wanted',
      { endpoint: 'https://store.test:9000', addressing: 'virtual' },
      'https://packages.store.test:9000',
    ],
    [
      'under the public endpoint',
      { endpoint: 'http://10.0.0.7:9000', publicEndpoint: 'https://files.test' },
      'https://packages.files.test',
    ],
  ] as const)('%s', async (_what, options, expected) => {
    expect(await hostOf(options)).toBe(expected);
  });
});
