/**
 * What S3Store promises beyond the port, shown on a real server: large puts in parts, what is
 * stored beside the bytes, lost answers.
 */
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import type { S3Integrity } from '../../../storage/s3/bucket/s3-settings.ts';
import { storeIdOf } from '../../../storage/s3/bucket/upload-id.ts';
import type { S3Server } from '../../support/servers/s3-server.ts';
import {
  begin,
  bytesOf,
  collect,
  eachOf,
  keyOf,
  put,
  read,
  sendPart,
  sha256Of,
  TTL_SECONDS,
  takeAway,
  termsFor,
  withCode,
} from '../blob-contract/harness.ts';
import { empty, openS3Harness, type S3Harness } from './harness.ts';

const MIB = 1024 * 1024;

export function describeS3Writes(
  server: () => S3Server,
  { integrity, provesSha256 }: { readonly integrity: S3Integrity; readonly provesSha256: boolean },
): void {
  const key = keyOf('linux-x64.tar.gz');
  const onServer = async (work: (harness: S3Harness) => Promise<void>) => {
    const harness = await openS3Harness(server(), { integrity });
    try {
      await work(harness);
    } catch (error) {
      // What a test that failed has left behind must not hide why.
      await harness.close().catch(() => {});
      throw error;
    }
    await harness.close();
  };

  describe(`S3Store writes with ${integrity}`, () => {
    test('a large file goes in parts, and is what it was', () =>
      onServer(async ({ store }) => {
        const bytes = bytesOf(40 * MIB + 7);

        const info = await store.put(key, Readable.from([bytes]), termsFor(bytes));

        expect(info).toMatchObject({ size: bytes.length, attemptId: 'attempt-1' });
        expect(info.sha256).toBeUndefined();
        expect(sha256Of(Buffer.from(await read(store, key), 'latin1'))).toBe(sha256Of(bytes));
        await takeAway(store, key);
      }));

    test('a large file with one byte flipped leaves neither file nor parts', () =>
      onServer(async ({ store }) => {
        const bytes = bytesOf(20 * MIB);
        const terms = termsFor(bytes);
        bytes.writeUInt8(bytes.readUInt8(5) ^ 1, 5);

        await expect(store.put(key, Readable.from([bytes]), terms)).rejects.toEqual(
          withCode('INTEGRITY'),
        );

        expect(await store.stat(key)).toBeUndefined();
        expect(await collect(store.leftovers())).toEqual([]);
      }));

    test('what is stored beside the bytes is returned, and proof only if the store has it', () =>
      onServer(async ({ store, send }) => {
        const terms = termsFor('pad');
        await send(await store.signUpload(key, terms, TTL_SECONDS), 'pad');

        const info = await store.stat(key);

        expect(info?.storedHeaders).toEqual({
          contentType: terms.contentType,
          contentDisposition: terms.contentDisposition,
          cacheControl: terms.cacheControl,
        });
        expect(info?.sha256).toBe(provesSha256 ? terms.sha256 : undefined);
        await takeAway(store, key);
      }));

    test('a foreign file has no attempt, and its undeclared headers are returned', () =>
      onServer(async ({ store, client, bucket }) => {
        await client.send(
          new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'pad', ContentEncoding: 'gzip' }),
        );

        const info = await store.stat(key);

        expect(info?.attemptId).toBeUndefined();
        expect(info?.storedHeaders?.contentEncoding).toBe('gzip');
        await takeAway(store, key);
      }));

    test('files and uploads of others in the bucket are neither listed nor leftovers', () =>
      onServer(async ({ store, client, bucket }) => {
        const others = ['packages/readme.txt', 'packages/1.0.0/deep/er.zip', 'notes/a.zip'];
        for (const Key of others)
          await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'pad' }));
        const upload = { Bucket: bucket, Key: 'notes/b.zip' };
        const { UploadId } = await client.send(new CreateMultipartUploadCommand(upload));

        expect(await collect(store.list())).toEqual([]);
        expect(await collect(store.leftovers())).toEqual([]);

        await client.send(new AbortMultipartUploadCommand({ ...upload, UploadId }));
        await empty(client, bucket);
      }));

    test('of more uploads under way than one answer lists, every one is a leftover', () =>
      onServer(async ({ store }) => {
        const names = Array.from({ length: 1003 }, (_, index) => `p${index}.zip`);
        const plan = { partSize: 5 * MIB, partCount: 1, partChecksums: false };
        await eachOf(names, (name) => store.beginMultipart(keyOf(name), termsFor('pad'), plan));

        const leftovers = await collect(store.leftovers());

        expect(leftovers.map((one) => one.key).sort()).toEqual(
          names.map((name) => keyOf(name)).sort(),
        );
        await eachOf(leftovers, ({ key: begun, uploadId = '' }) =>
          store.abortMultipart({ key: begun, uploadId }),
        );
      }));

    test('a file from before the bucket kept versions is deleted with its bytes', () =>
      onServer(async ({ store, client, bucket }) => {
        await put(store, key, 'pad');
        const VersioningConfiguration = { Status: 'Enabled' as const };
        await client.send(
          new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }),
        );

        await takeAway(store, key);

        const { Versions: left = [] } = await client.send(
          new ListObjectVersionsCommand({ Bucket: bucket }),
        );
        expect(left).toEqual([]);
      }));

    test('two completions at once each return the file, NOT_FOUND, or UNAVAILABLE', () =>
      onServer(async (harness) => {
        const { store, reopen } = harness;
        const bytes = Buffer.from('pad');
        const { upload, partOf } = await begin(harness, key, bytes);
        await sendPart(harness, upload, partOf(1));
        const other = reopen();

        const outcomes = await Promise.allSettled([
          store.completeMultipart(upload),
          other.completeMultipart(upload),
        ]);

        const { etag } = (await store.stat(key)) ?? {};
        const results = outcomes.map((one) =>
          one.status === 'fulfilled' ? one.value.etag : one.reason.code,
        );
        expect(results).toContain(etag);
        // versitygw takes the file away for a moment where it is joined a second time.
        for (const one of results) expect([etag, 'NOT_FOUND', 'UNAVAILABLE']).toContain(one);
        await other.close();
        await takeAway(store, key);
      }));

    test('a completion whose answer was lost is over, and its file is known by its attempt', () =>
      onServer(async (harness) => {
        const { store, client, bucket } = harness;
        const { upload, partOf } = await begin(harness, key, Buffer.from('pad'));
        await sendPart(harness, upload, partOf(1));
        const object = { Bucket: bucket, Key: key, UploadId: storeIdOf(upload.uploadId) };
        const { Parts } = await client.send(new ListPartsCommand(object));
        await client.send(
          new CompleteMultipartUploadCommand({ ...object, MultipartUpload: { Parts } }),
        );

        await expect(store.completeMultipart(upload)).rejects.toEqual(withCode('NOT_FOUND'));

        expect(await store.stat(key)).toMatchObject({ size: 3, attemptId: 'attempt-1' });
        await takeAway(store, key);
      }));

    test('an upload of 1,001 parts is listed whole', () =>
      onServer(async (harness) => {
        const { store } = harness;
        // Only the store's rule on small parts keeps this from being joined; all pages have to be
        // read to get there.
        const plan = { partSize: 1, partCount: 1001, partChecksums: false };
        const upload = await store.beginMultipart(key, termsFor('x'.repeat(1001)), plan);
        for (let from = 1; from <= 1001; from += 50) {
          const numbers = Array.from({ length: Math.min(50, 1002 - from) }, (_, i) => from + i);
          const bytes = Buffer.from('x');
          await Promise.all(
            numbers.map((partNumber) => sendPart(harness, upload, { partNumber, size: 1, bytes })),
          );
        }

        expect(await store.listParts(upload)).toHaveLength(1001);
        await expect(store.completeMultipart(upload)).rejects.toEqual(withCode('NOT_SUPPORTED'));

        await store.abortMultipart(upload);
      }));

    test('a bucket that does not exist is named by its setting', () =>
      onServer(async ({ reopen }) => {
        const store = reopen({ bucket: 'no-such-bucket-here' });

        await expect(put(store, key, 'pad')).rejects.toMatchObject({
          code: 'UNAVAILABLE',
          message: expect.stringContaining('S3_BUCKET'),
        });
        await store.close();
      }));

    test('a wrong secret is named by its setting', () =>
      onServer(async ({ reopen }) => {
        const { accessKeyId } = server().credentials;
        const store = reopen({ credentials: { accessKeyId, secretAccessKey: 'wrong' } });

        await expect(collect(store.list())).rejects.toMatchObject({
          code: 'UNAVAILABLE',
          message: expect.stringContaining('S3_SECRET_KEY'),
        });
        await store.close();
      }));
  });
}
