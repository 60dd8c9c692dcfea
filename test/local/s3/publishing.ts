/** Publishing and downloading from S3: bytes go straight to the store and back. */
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { verifyStore } from '../../../core/lifecycle/verify-store.ts';
import { openStores } from '../../../local/open-stores.ts';
import { readSettings } from '../../../open/settings/server-settings.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { type PlainClient, send } from '../../support/plain-client.ts';
import type { S3House } from './s3-house.ts';

const MIB = 1024 * 1024;
const HELLO = Buffer.from('hello, bucket');
const BASE = '/v1/versions/1.0/packages';

export function describePublishing(house: S3House): void {
  describe.each(['checksum', 'payload'])(
    'the service, with uploads bound by %s',
    (S3_INTEGRITY) => {
      test('publishes a file in one piece and in parts, and its links lead to the store', async () => {
        const client = house.clientOf(await house.start({ S3_INTEGRITY }));
        const large = Buffer.alloc(20 * MIB, 'stowage');

        await client.push('1.0', 'hello', HELLO, 'single');
        await client.push('1.0', 'large', large, 'multipart');

        const redirect = await client.call('GET', '/packages/1.0/hello.bin');
        expect({
          status: redirect.status,
          origin: new URL(String(redirect.headers['location'])).origin,
        }).toEqual({
          status: 302,
          origin: house.server.endpoint,
        });
        expect(await client.pull('1.0', 'hello.bin')).toEqual(HELLO);
        expect((await client.pull('1.0', 'large.bin')).equals(large)).toBe(true);
        expect(await house.keys()).toEqual(['packages/1.0/hello.bin', 'packages/1.0/large.bin']);
      });

      test('has other bytes refused, by the store or by the proof, and publishes nothing', async () => {
        const client = house.clientOf(await house.start({ S3_INTEGRITY }));
        const terms = {
          packageId: 'hello',
          ext: 'bin',
          size: HELLO.length,
          sha256: sha256Of(HELLO),
          method: 'single',
        };
        const { upload } = await client.json<{
          upload: { request: { url: string; method: string; headers: Record<string, string> } };
        }>('POST', BASE, terms);
        const { url, ...request } = upload.request;

        const other = await send(url, { ...request, body: Buffer.from('HELLO, bucket') });

        if (S3_INTEGRITY === 'checksum' && !house.traits.verifiesChecksums)
          return expectRejected(client, other.status);
        expect(other.status).toBeGreaterThanOrEqual(400);
        expect((await client.call('POST', `${BASE}/hello/complete`)).status).toBe(409);
        expect(await house.keys()).toEqual([]);
        expect((await send(url, { ...request, body: HELLO })).status).toBe(200);
        await client.complete('1.0', 'hello');
        expect(await client.pull('1.0', 'hello.bin')).toEqual(HELLO);
      });

      test('stops links on yank, and removes the object on delete', async () => {
        const client = house.clientOf(await house.start({ S3_INTEGRITY }));
        await client.push('1.0', 'hello', HELLO, 'single');

        await client.json('POST', `${BASE}/hello/yank`, { reason: 'wrong build' });
        expect((await client.call('GET', '/packages/1.0/hello.bin')).status).toBe(410);
        expect(await house.keys()).toEqual(['packages/1.0/hello.bin']);
        expect((await client.call('DELETE', `${BASE}/hello`)).status).toBeLessThan(300);

        expect(await house.keys()).toEqual([]);
      });
    },
  );

  describe('the service', () => {
    test('keeps everything under S3_PREFIX', async () => {
      const client = house.clientOf(await house.start({ S3_PREFIX: 'team/a' }));

      await client.push('1.0', 'hello', HELLO, 'single');

      expect(await house.keys()).toEqual([]);
      const prefixed = house.harness.reopen({ prefix: 'team/a' });
      expect(await house.keys(prefixed)).toEqual(['packages/1.0/hello.bin']);
      await prefixed.close();
      expect(await client.pull('1.0', 'hello.bin')).toEqual(HELLO);
    });

    test('sends the bytes itself with PRESIGNED_URLS=false', async () => {
      const served = await house.start({ PRESIGNED_URLS: 'false' });
      const client = house.clientOf(served);
      await client.push('1.0', 'hello', HELLO, 'single');
      const get = (headers: Readonly<Record<string, string>>, method = 'GET') =>
        send(`${served.url}/packages/1.0/hello.bin`, {
          method,
          headers: { authorization: `Bearer ${served.token}`, ...headers },
        });

      const whole = await get({});
      const part = await get({ range: 'bytes=7-' });

      expect({ status: whole.status, body: whole.body }).toEqual({ status: 200, body: HELLO });
      expect({ status: part.status, body: part.body.toString() }).toEqual({
        status: 206,
        body: 'bucket',
      });
      expect((await get({ 'if-none-match': String(whole.headers['etag']) })).status).toBe(304);
      expect((await get({ range: 'bytes=99-' })).status).toBe(416);
      expect((await get({}, 'HEAD')).headers).toMatchObject({
        'content-length': String(HELLO.length),
      });
    });

    test('has no gateway: /blobs is a path like any unknown one', async () => {
      const { url } = await house.start();

      const { status, body } = await send(`${url}/blobs/packages/1.0/hello.bin`);

      expect({ status, ...JSON.parse(body.toString()) }).toMatchObject({
        status: 404,
        code: 'NOT_FOUND',
      });
    });

    test('finds its records again after a restart', async () => {
      const folder = await house.servings.folder();
      const first = await house.servings.start(folder, house.settings());
      await house.clientOf(first).push('1.0', 'hello', HELLO, 'single');
      await first.running.stop();

      const second = await house.servings.start(folder, house.settings());

      expect(await house.clientOf(second).pull('1.0', 'hello.bin')).toEqual(HELLO);
    });
  });

  describe('stores that are opened beside the server', () => {
    test('hold what it has published, and are verified like a disk', async () => {
      const folder = await house.servings.folder();
      const client = house.clientOf(await house.servings.start(folder, house.settings()));
      await client.push('1.0', 'hello', HELLO, 'single');
      await client.push('1.0', 'gone', HELLO, 'single');
      await house.harness.client.send(
        new DeleteObjectCommand({ Bucket: house.harness.bucket, Key: 'packages/1.0/gone.bin' }),
      );

      const opened = await openStores(
        readSettings({ STORAGE_LOCAL_PATH: folder, ...house.settings() }),
      );
      const verdicts = [];
      for await (const { key, outcome } of verifyStore(opened)) verdicts.push([key, outcome]);
      await opened.close();

      expect(verdicts).toEqual([
        ['packages/1.0/gone.bin', 'missing'],
        ['packages/1.0/hello.bin', 'ok'],
      ]);
    });
  });
}

/** A store that accepts wrong bytes: the service reads them back before a download is possible. */
async function expectRejected(client: PlainClient, status: number): Promise<void> {
  expect(status).toBe(200);
  await expect(client.complete('1.0', 'hello')).rejects.toThrow(/422.*INTEGRITY/);
  expect((await client.call('GET', '/packages/1.0/hello.bin')).status).toBe(404);
}
