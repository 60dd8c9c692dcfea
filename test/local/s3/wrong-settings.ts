/** A start that can not use the bucket says which setting is at fault. */
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { selfSigned } from '../../support/self-signed.ts';
import { ServerProcess } from '../../support/server-process.ts';
import type { S3House } from './s3-house.ts';

export function describeWrongSettings(house: S3House): void {
  describe('a start with wrong settings says which', () => {
    test.each<[string, Readonly<Record<string, string>>, RegExp]>([
      [
        'a bucket that is not there',
        { S3_BUCKET: 'no-such-bucket' },
        /S3_BUCKET no-such-bucket .*does not exist/,
      ],
      [
        'a key that is not known',
        { S3_ACCESS_KEY: 'unknown' },
        /does not know the key: check S3_ACCESS_KEY/,
      ],
      [
        'a secret that is wrong',
        { S3_SECRET_KEY: 'wrong' },
        /another signature: check S3_SECRET_KEY/,
      ],
      [
        'an endpoint where nothing listens',
        { S3_ENDPOINT: 'http://127.0.0.1:1' },
        /can not be reached: check S3_ENDPOINT/,
      ],
      [
        'a bucket in a host name that is none',
        { S3_ENDPOINT: 'http://stowage.invalid', S3_ADDRESSING: 'virtual' },
        /S3_ADDRESSING/,
      ],
    ])('%s', async (_, wrong, message) => {
      await expect(house.start(wrong)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(message),
      });
    });

    test('an endpoint with a path, below which there is no store', async () => {
      const S3_ENDPOINT = `${house.server.endpoint}/minio/`;

      await expect(house.start({ S3_ENDPOINT })).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(/S3_ENDPOINT has the path \/minio.*without it/),
      });
    });

    test('https where plain http is spoken', async () => {
      const plain = house.server.endpoint.replace('http:', 'https:');

      await expect(house.start({ S3_ENDPOINT: plain })).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(/does not speak TLS: set S3_ENDPOINT/),
      });
    });

    test('https with an untrusted certificate', async () => {
      const vouchedByNone = createTlsServer(selfSigned('store.test'), (_, response) =>
        response.end(),
      );
      await new Promise<void>((resolve) => vouchedByNone.listen(0, '127.0.0.1', resolve));
      const { port } = vouchedByNone.address() as AddressInfo;

      const folder = await house.servings.folder();

      // As a process of its own: in jest's realm the SDK does not know errors of TLS as errors.
      const started = ServerProcess.start(folder, {
        ...house.settings(),
        S3_ENDPOINT: `https://127.0.0.1:${port}`,
      });

      await expect(started).rejects.toThrow(
        /TLS certificate of the store is not trusted .*NODE_EXTRA_CA_CERTS/,
      );
      await new Promise((resolve) => vouchedByNone.close(resolve));
    });

    test('http where something else is spoken', async () => {
      const other = createTcpServer((socket) => {
        socket.on('error', () => {}).resume();
        socket.end('220 mail.test ESMTP\r\n', () => socket.destroy());
      });
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as AddressInfo;

      await expect(house.start({ S3_ENDPOINT: `http://127.0.0.1:${port}` })).rejects.toThrow(
        /does not speak HTTP: check the port/,
      );
      await new Promise((resolve) => other.close(resolve));
    });

    test('a bucket in a host name, where the store has it in the path alone', async () => {
      const roots = createServer((_, response) => {
        response.end('<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>');
      });
      await new Promise<void>((resolve) => roots.listen(0, '127.0.0.1', resolve));
      const { port } = roots.address() as AddressInfo;

      await expect(house.start({ S3_ENDPOINT: `http://127.0.0.1:${port}` })).rejects.toThrow(
        /does not answer for the bucket: check S3_ENDPOINT, or set S3_ADDRESSING/,
      );
      await new Promise((resolve) => roots.close(resolve));
    });

    test('another region, where the server has one', async () => {
      const started = house.start({ S3_REGION: 'eu-central-1' });

      if (house.traits.hasRegion) await expect(started).rejects.toThrow(/S3_REGION/);
      else await expect(started).resolves.toBeDefined();
    });

    test('a clock that is wrong, and by how much', async () => {
      const twentyMinutes = 20 * 60_000;
      const late = createServer((_, response) => {
        response.setHeader('date', new Date(Date.now() + twentyMinutes).toUTCString());
        response.end(`<ListBucketResult><Name>${house.harness.bucket}</Name></ListBucketResult>`);
      });
      await new Promise<void>((resolve) => late.listen(0, '127.0.0.1', resolve));
      const { port } = late.address() as AddressInfo;

      await expect(house.start({ S3_ENDPOINT: `http://127.0.0.1:${port}` })).rejects.toThrow(
        /clock of this machine is (1200|1199) seconds behind the store's/,
      );
      await new Promise((resolve) => late.close(resolve));
    });
  });
}
