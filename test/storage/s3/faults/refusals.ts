/**
 * A real server that refuses: expired credentials, a wrong clock, another region, a missing bucket,
 * or one denied operation.
 */

import { Readable } from 'node:stream';
import { CreateBucketCommand, DeleteBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import type { BlobStore } from '../../../../core/ports/blob-store.ts';
import type { S3Integrity } from '../../../../storage/s3/bucket/s3-settings.ts';
import { type Fault, says, tellsTimeShiftedBy } from '../../../support/fault-proxy.ts';
import type { S3Server } from '../../../support/servers/s3-server.ts';
import {
  begin,
  bytesOf,
  collect,
  keyOf,
  put,
  read,
  sendPart,
  TTL_SECONDS,
  takeAway,
  termsFor,
  withCode,
} from '../../blob-contract/harness.ts';
import { empty } from '../harness.ts';
import { eachBehindProxy } from './behind-proxy.ts';

const MIB = 1024 * 1024;
const TWENTY_MINUTES_MS = 20 * 60_000;

export function describeRefusals(server: () => S3Server, integrity: S3Integrity): void {
  const key = keyOf('linux-x64.tar.gz');
  const unavailable = (advice: string) =>
    expect.objectContaining({ code: 'UNAVAILABLE', message: expect.stringContaining(advice) });
  /** Every way in which a store is asked; HEAD has no body to say why it refuses. */
  const asking: Readonly<Record<string, (store: BlobStore) => Promise<unknown>>> = {
    'a list': (store) => collect(store.list()),
    'a read': (store) => read(store, key),
    'a put': (store) => put(store, key, 'pad'),
    'a look': (store) => store.stat(key),
    'a delete': (store) => store.delete(key, { etag: '"e"' }),
    'the begin of an upload': (store) =>
      store.beginMultipart(key, termsFor('pad'), {
        partSize: 3,
        partCount: 1,
        partChecksums: false,
      }),
    'the sweep': (store) => collect(store.leftovers()),
  };
  const everyAsking = Object.keys(asking);
  const ask = (name: string, store: BlobStore) => asking[name]?.(store);

  describe('a store that refuses', () => {
    const current = eachBehindProxy(server, integrity);

    describe.each<[string, Fault, string]>([
      ['credentials that have expired', says(400, 'ExpiredToken'), 'credentials'],
      ['a clock that is wrong', says(403, 'RequestTimeTooSkewed'), 'clock'],
      ['a bucket in another region (301)', says(301, 'PermanentRedirect'), 'S3_REGION'],
      [
        'a signature for another region (400)',
        says(400, 'AuthorizationHeaderMalformed'),
        'S3_REGION',
      ],
    ])('%s', (_what, fault, advice) => {
      test.each(everyAsking)('%s says what to do', async (name) => {
        const { proxy, store } = current();
        proxy.spoil({}, fault);

        await expect(ask(name, store)).rejects.toEqual(unavailable(advice));
      });
    });

    test('because of a clock that goes wrong while the store runs says so', async () => {
      const { proxy, store } = current();
      // The SDK corrects its clock by the response, and then the server, whose time differs,
      // refuses.
      proxy.spoil({}, tellsTimeShiftedBy(TWENTY_MINUTES_MS));
      await collect(store.list());

      await expect(collect(store.list())).rejects.toEqual(unavailable('clock'));
    });

    test('what was signed by a clock that is 20 minutes slow has nothing', async () => {
      const { harness } = current();
      const skewed = harness.reopen({ clock: () => new Date(Date.now() - TWENTY_MINUTES_MS) });

      const request = await skewed.signUpload(key, termsFor('pad'), TTL_SECONDS);
      const { status } = await harness.send(request, 'pad');

      expect(status).toBeGreaterThanOrEqual(400);
      expect(await harness.store.stat(key)).toBeUndefined();
      await skewed.close();
    });
  });

  describe('a bucket that is deleted while the store runs', () => {
    const current = eachBehindProxy(server, integrity);

    test.each(everyAsking)('%s names S3_BUCKET, and nothing is taken for absent', async (name) => {
      const { store, harness } = current();
      const { client, bucket: Bucket } = harness;
      await collect(store.list());
      await client.send(new DeleteBucketCommand({ Bucket }));

      const asked = expect(ask(name, store)).rejects.toEqual(unavailable('S3_BUCKET'));

      await asked.finally(() => client.send(new CreateBucketCommand({ Bucket })));
    });

    test('with an upload under way: its parts are neither signed nor joined', async () => {
      const { store, harness } = current();
      const { client, bucket: Bucket } = harness;
      const { upload, partOf } = await begin({ ...harness, store }, key, Buffer.from('pad'));
      await sendPart(harness, upload, partOf(1));
      await harness.store.abortMultipart(upload);
      await client.send(new DeleteBucketCommand({ Bucket }));

      const listed = expect(store.listParts(upload)).rejects.toEqual(unavailable('S3_BUCKET'));
      const joined = expect(store.completeMultipart(upload)).rejects.toEqual(
        unavailable('S3_BUCKET'),
      );

      await Promise.all([listed, joined]).finally(() =>
        client.send(new CreateBucketCommand({ Bucket })),
      );
    });
  });

  describe('a key that may do all but one thing', () => {
    const current = eachBehindProxy(server, integrity);
    const denied = says(403, 'AccessDenied');

    test('may not look: nothing is taken for absent, and a put goes by its condition alone', async () => {
      const { proxy, store, harness } = current();
      proxy.spoil({ method: 'HEAD' }, denied);

      await expect(store.stat(key)).rejects.toEqual(unavailable('s3:GetObject'));
      await put(store, key, 'pad');
      await expect(put(store, key, 'pax')).rejects.toEqual(unavailable('s3:GetObject'));

      expect(await read(harness.store, key)).toBe('pad');
      await takeAway(harness.store, key);
    });

    test('may not delete: the bytes stay, and it says so', async () => {
      const { proxy, store, harness } = current();
      const info = await put(harness.store, key, 'pad');
      proxy.spoil({ method: 'DELETE' }, denied);

      await expect(store.delete(key, info)).rejects.toEqual(unavailable('s3:DeleteObject'));

      await takeAway(harness.store, key);
    });

    test('may not abort: wrong bytes are still reported, and their parts are a leftover', async () => {
      const { proxy, store, harness } = current();
      const bytes = bytesOf(20 * MIB);
      const terms = termsFor(bytes);
      bytes.writeUInt8(bytes.readUInt8(5) ^ 1, 5);
      proxy.spoil({ method: 'DELETE' }, denied);

      await expect(store.put(key, Readable.from([bytes]), terms)).rejects.toEqual(
        withCode('INTEGRITY'),
      );

      expect(await harness.store.stat(key)).toBeUndefined();
      expect(await collect(harness.store.leftovers())).toMatchObject([{ key }]);
      await empty(harness.client, harness.bucket);
    });

    test('may not put: nothing is stored', async () => {
      const { proxy, store, harness } = current();
      proxy.spoil({ method: 'PUT' }, denied);

      await expect(put(store, key, 'pad')).rejects.toEqual(unavailable('s3:PutObject'));

      expect(await harness.store.stat(key)).toBeUndefined();
    });

    test('may not list: stat still works for files that exist, and for those that do not', async () => {
      const { proxy, store, harness } = current();
      await harness.client.send(
        new PutObjectCommand({ Bucket: harness.bucket, Key: key, Body: 'pad' }),
      );
      proxy.spoil({ method: 'GET', url: /list-type=2/ }, denied);

      await expect(collect(store.list())).rejects.toEqual(unavailable('s3:ListBucket'));

      expect(await store.stat(key)).toMatchObject({ size: 3 });
      expect(await store.stat(keyOf('absent.zip'))).toBeUndefined();
      await takeAway(harness.store, key);
    });
  });
}
