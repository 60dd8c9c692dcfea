/** A store that fails while the service runs: callers are asked to try again later. */
import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { empty } from '../../storage/s3/harness.ts';
import { FaultProxy, resetsAnswerAfter, says } from '../../support/fault-proxy.ts';
import type { Answer } from '../../support/plain-client.ts';
import type { S3House } from './s3-house.ts';

const HELLO = Buffer.from('hello, bucket');
const BASE = '/v1/versions/1.0/packages';
const terms = (packageId: string) => ({
  packageId,
  ext: 'bin',
  size: HELLO.length,
  sha256: sha256Of(HELLO),
});

export function describeStoreFaults(house: S3House): void {
  describe('a store that fails while the service runs', () => {
    let proxy: FaultProxy;
    beforeEach(async () => {
      proxy = await FaultProxy.start(house.server.endpoint);
    });
    afterEach(() => proxy.stop());

    const start = async () => house.clientOf(await house.start({ S3_ENDPOINT: proxy.endpoint }));
    const expectTryAgain = ({ status, headers, body }: Answer) => {
      expect({
        status,
        retryAfter: headers['retry-after'],
        code: JSON.parse(body.toString()).code,
      }).toEqual({
        status: 503,
        retryAfter: expect.stringMatching(/^\d+$/),
        code: 'UNAVAILABLE',
      });
    };

    test('slows down again and again: 503 with Retry-After, and then the same push goes on', async () => {
      const client = await start();
      proxy.spoil({ method: 'HEAD' }, says(503, 'SlowDown'));
      expectTryAgain(await client.call('POST', BASE, terms('hello')));
      proxy.mend();

      await client.push('1.0', 'hello', HELLO, 'single');

      expect(await client.pull('1.0', 'hello.bin')).toEqual(HELLO);
    });

    test('breaks off while bytes are read back: they are read again, and published once', async () => {
      const client = await start();
      proxy.spoil({ method: 'GET', url: /x-id=GetObject/ }, resetsAnswerAfter(5), 1);

      await client.push('1.0', 'hello', HELLO, 'multipart');

      expect(await client.pull('1.0', 'hello.bin')).toEqual(HELLO);
    });

    test('loses its bucket: no caller learns that a delete is done', async () => {
      const client = await start();
      await client.push('1.0', 'hello', HELLO, 'single');
      const { client: direct, bucket: Bucket } = house.harness;
      await empty(direct, Bucket);
      await direct.send(new DeleteBucketCommand({ Bucket }));

      expectTryAgain(await client.call('DELETE', `${BASE}/hello`));
      expectTryAgain(await client.call('DELETE', `${BASE}/hello`));

      await direct.send(new CreateBucketCommand({ Bucket }));
      expect((await client.call('DELETE', `${BASE}/hello`)).status).toBe(200);
    });
  });
}
