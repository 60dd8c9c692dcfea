/** What is sent to the replica when a version is removed there. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { S3Bucket } from '../../../storage/s3/bucket/s3-bucket.ts';
import { ReplicaBucket } from '../../../storage/s3/replica-bucket.ts';
import { signedS3 } from '../../../storage/s3/requests/signed-client.ts';

const KEY = 'packages/1.0+1/linux.zip';

let server: Server;
let bucket: S3Bucket;
let status: number;
let requests: (string | undefined)[];

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(status).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  bucket = new S3Bucket(
    {
      bucket: 'copies',
      region: 'eu-west-1',
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: 'testak', secretAccessKey: 'testsecret' },
      addressing: 'auto',
      integrity: 'checksum',
    },
    signedS3,
  );
});

afterEach(async () => {
  bucket.client.destroy();
  server.close();
  await once(server, 'close');
});

describe('removing from the replica', () => {
  test('names the key and the version, so that no other bytes are hit', async () => {
    status = 204;

    await new ReplicaBucket(bucket).remove(KEY, 'v1');

    expect(requests).toEqual([
      expect.stringMatching(/^DELETE \/copies\/packages\/1\.0%2B1\/linux\.zip\?versionId=v1(&|$)/),
    ]);
  });

  test('fails where the store does, to be tried again', async () => {
    status = 503;
    const replica = new ReplicaBucket(bucket);

    await expect(replica.remove(KEY, 'v1')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
