/** The commands of the README for stores that speak S3, word for word against a real one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, jest, test } from '@jest/globals';
import { ServerProcess } from '../support/server-process.ts';
import { hasCephRgw, startCephRgw } from '../support/servers/ceph-rgw.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../support/servers/versitygw.ts';
import { expectPromises, linkCheckout } from './readme-commands.ts';

// Some servers take long to start, and the machine may be busy with other suites.
jest.setTimeout(120_000);

const versitygw = findVersitygw();

describe.each([
  ['versitygw', versitygw === undefined ? undefined : () => startVersitygw(versitygw)],
  ['Ceph RGW', hasCephRgw() ? startCephRgw : undefined],
])('the README on %s', (name, startServer) => {
  let folder: string;
  let store: S3Server;
  let server: ServerProcess;

  if (startServer === undefined) {
    test.skip(`${name} is not installed: the commands are not run`, () => {});
    return;
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stowage-readme-'));
    linkCheckout(folder);
    store = await startServer();
    const { endpoint, region, credentials } = store;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'releases' }));
    client.destroy();
    server = await ServerProcess.start(join(folder, 'storage'), {
      STORAGE_TYPE: 's3',
      S3_BUCKET: 'releases',
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY: credentials.accessKeyId,
      S3_SECRET_KEY: credentials.secretAccessKey,
    });
  });

  afterEach(async () => {
    await server.stop();
    await store.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('commands print what they promise', () => {
    const replaced = { 'http://127.0.0.1:8787': server.url, 'http://127.0.0.1:9000': store.endpoint };
    expectPromises('s3', folder, replaced);
  });
});
