/**
 * S3Store against a server that fails by script: lost answers, broken connections, errors in every
 * disguise that S3 has for them.
 */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { formatUploadId } from '../../../storage/s3/bucket/upload-id.ts';
import { sdkS3 } from '../../../storage/s3/requests/sdk-client.ts';
import { signedS3 } from '../../../storage/s3/requests/signed-client.ts';
import { collect, keyOf, put, read, termsFor, withCode } from '../blob-contract/harness.ts';
import { fails, type Step, says, scriptedWith, stopServers } from './scripted-server.ts';

const key = keyOf('linux-x64.tar.gz');
const breaks: Step = (request) => request.socket.destroy();
const absent = says(404);
const present = (mark: string): Step =>
  says(200, { etag: '"e"', 'content-length': '3', 'x-amz-meta-stowage-write': mark });
const stored = says(200, { etag: '"e"' });

describe.each([
  ['the SDK', sdkS3],
  ['signed requests', signedS3],
])('by %s', (_client, connect) => {
  const scripted = (...steps: readonly Step[]) => scriptedWith({ connect }, ...steps);

  test('a put whose answer was lost is known by its mark when the second try is refused', async () => {
    const { store, came } = await scripted(
      breaks,
      fails(412, 'PreconditionFailed'),
      present('our-write'),
    );

    expect(await put(store, key, 'pad')).toMatchObject({ etag: '"e"', size: 3 });
    expect(came).toEqual(['PUT', 'PUT', 'HEAD']);
  });

  test('a put that is refused because of another is ALREADY_EXISTS', async () => {
    const { store } = await scripted(fails(412, 'PreconditionFailed'), present('another-write'));

    await expect(put(store, key, 'pad')).rejects.toEqual(withCode('ALREADY_EXISTS'));
  });

  test.each([
    ['NOT_FOUND if the upload has ended', fails(404, 'NoSuchUpload'), 'NOT_FOUND'],
    ['UNAVAILABLE if it is still under way', says(200, {}, '<ListPartsResult/>'), 'UNAVAILABLE'],
    ['UNAVAILABLE if the store does not say', breaks, 'UNAVAILABLE'],
  ] as const)('a part whose answer is lost each time is %s', async (_, listing, code) => {
    const tries = Array<Step>(5).fill(breaks);
    const { store, came } = await scripted(...tries, listing, listing, listing);
    const plan = { partSize: 3, partCount: 1, partChecksums: false };
    const uploadId = formatUploadId({ storeId: 's', size: 3, plan, proof: 'none', mark: 'm' });

    const sending = store.putPart(
      { key, uploadId },
      { partNumber: 1, size: 3 },
      Buffer.from('pad'),
    );

    await expect(sending).rejects.toEqual(withCode(code));
    expect(came.slice(0, 6)).toEqual(['PUT', 'PUT', 'PUT', 'PUT', 'PUT', 'GET']);
  });

  test('a put that meets another one on its way is tried again', async () => {
    const { store, came } = await scripted(fails(409, 'ConditionalRequestConflict'), stored);

    expect(await put(store, key, 'pad')).toMatchObject({ etag: '"e"' });
    expect(came).toEqual(['PUT', 'PUT']);
  });

  test('a put is one request, bound to its bytes, and its response says what is stored', async () => {
    const sent: IncomingMessage['headers'][] = [];
    const { store, came } = await scripted((request, response) => {
      sent.push(request.headers);
      response.writeHead(200, { etag: '"e"', 'x-amz-version-id': 'v1' }).end();
    });
    const terms = termsFor('pad');

    const info = await put(store, key, 'pad');

    const { contentType, contentDisposition, cacheControl, attemptId } = terms;
    expect(info).toEqual({
      ...{
        key,
        size: 3,
        etag: '"e"',
        objectVersion: 'v1',
        attemptId,
        lastModified: expect.any(Date),
      },
      storedHeaders: { contentType, contentDisposition, cacheControl },
    });
    expect(sent).toMatchObject([{ 'x-amz-content-sha256': terms.sha256, 'if-none-match': '*' }]);
    expect(came).toEqual(['PUT']);
  });

  test('a put whose answer names nothing is looked at', async () => {
    const { store, came } = await scripted(says(200), present('our-write'));

    expect(await put(store, key, 'pad')).toMatchObject({ etag: '"e"', size: 3 });
    expect(came).toEqual(['PUT', 'HEAD']);
  });

  test('a put whose answer names nothing, and that is not there, was replaced or removed', async () => {
    const { store } = await scripted(says(200), present('another-write'));

    await expect(put(store, key, 'pad')).rejects.toEqual(withCode('CONFLICT'));
  });

  test.each(['pa', 'pads'])(
    'a put of another length than announced (%s) sends nothing',
    async (body) => {
      const { store, came } = await scripted();

      await expect(
        store.put(key, Readable.from([Buffer.from(body)]), termsFor('pad')),
      ).rejects.toEqual(withCode('INTEGRITY'));
      expect(came).toEqual([]);
    },
  );

  test('a part is bound to the hash that it was announced with', async () => {
    const sent: IncomingMessage['headers'][] = [];
    const { store } = await scripted((request, response) => {
      sent.push(request.headers);
      response.writeHead(200, { etag: '"p"' }).end();
    });
    const uploadId = formatUploadId({
      ...plannedUpload,
      proof: 'payload',
      plan: { ...plan, partChecksums: true },
    });
    const { sha256 } = termsFor('pad');

    await store.putPart({ key, uploadId }, { partNumber: 1, size: 3, sha256 }, Buffer.from('pad'));

    expect(sent).toMatchObject([{ 'x-amz-content-sha256': sha256 }]);
  });

  test('a list goes on after a SlowDown', async () => {
    const list = `<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>${key}</Key><Size>3</Size><ETag>"e"</ETag></Contents></ListBucketResult>`;
    const { store } = await scripted(fails(503, 'SlowDown'), says(200, {}, list));

    expect(await collect(store.list())).toMatchObject([{ key, size: 3, etag: '"e"' }]);
  });

  test('bytes that break off are an error to who reads them', async () => {
    const { store } = await scripted((_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('pad', () => response.destroy());
    });

    await expect(read(store, key)).rejects.toEqual(withCode('UNAVAILABLE'));
  });

  const plan = { partSize: 3, partCount: 1, partChecksums: false };
  const plannedUpload = {
    storeId: 'upload-1',
    size: 3,
    plan,
    proof: 'none',
    mark: 'our-upload',
  } as const;
  const upload = {
    key,
    uploadId: formatUploadId(plannedUpload),
  };
  const parts = says(
    200,
    {},
    '<ListPartsResult><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber><Size>3</Size><ETag>"p"</ETag></Part></ListPartsResult>',
  );
  /** S3 begins to answer before it knows whether it will succeed. */
  const failsAfter200 = fails(200, 'InternalError');

  test('a completion that fails after a 200 is looked at, and counts where the file is there', async () => {
    const { store } = await scripted(
      parts,
      absent,
      failsAfter200,
      fails(404, 'NoSuchUpload'),
      present('our-upload'),
      present('our-upload'),
    );

    expect(await store.completeMultipart(upload)).toMatchObject({ key, etag: '"e"' });
  });

  test('a completion that fails after a 200 again and again is UNAVAILABLE where the file is not there', async () => {
    const { store } = await scripted(
      parts,
      absent,
      failsAfter200,
      failsAfter200,
      failsAfter200,
      absent,
    );

    await expect(store.completeMultipart(upload)).rejects.toEqual(withCode('UNAVAILABLE'));
  });

  test('a completion whose response has no ETag returns that of the file', async () => {
    const answer = says(200, {}, '<CompleteMultipartUploadResult></CompleteMultipartUploadResult>');
    const { store } = await scripted(parts, absent, answer, present('our-upload'));

    expect(await store.completeMultipart(upload)).toMatchObject({ etag: '"e"' });
  });

  test('a completion never overwrites: with something stored it is not even tried', async () => {
    const { store, came } = await scripted(parts, present('another-upload'));

    await expect(store.completeMultipart(upload)).rejects.toEqual(withCode('ALREADY_EXISTS'));
    expect(came).toEqual(['GET', 'HEAD']);
  });

  test.each([
    ['the wrong region', fails(301, 'PermanentRedirect'), 'S3_REGION'],
    ['the wrong region in the signature', fails(400, 'AuthorizationHeaderMalformed'), 'S3_REGION'],
    ['a missing bucket', fails(404, 'NoSuchBucket'), 'S3_BUCKET'],
    ['an unknown key', fails(403, 'InvalidAccessKeyId'), 'S3_ACCESS_KEY'],
    ['a right that is missing', fails(403, 'AccessDenied'), 's3:ListBucket'],
    ['credentials that have expired', fails(400, 'ExpiredToken'), 'credentials'],
    ['a proxy that knows nothing', says(502, {}, '<html>'), 'try again'],
  ])('%s is UNAVAILABLE, and says what to do', async (_what, step, advice) => {
    const { store } = await scripted(step, step, step);

    await expect(collect(store.list())).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(advice),
    });
  });

  test('a clock that is wrong is UNAVAILABLE', async () => {
    const { store } = await scripted(...Array<Step>(3).fill(fails(403, 'RequestTimeTooSkewed')));

    await expect(collect(store.list())).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('clock'),
    });
  });

  test('an endpoint that does not answer is UNAVAILABLE', async () => {
    const { store } = await scripted();
    await stopServers();

    await expect(store.stat(key)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('S3_ENDPOINT'),
    });
  });
});
