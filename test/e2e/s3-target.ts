/** `stowage serve` over a bucket of a real S3 server, as a target of the service contract. */
import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  PutBucketCorsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { empty } from '../storage/s3/harness.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { ONE_MACHINE, openServer } from './server-target.ts';
import type { ServiceTarget, TargetPromises } from './service-target.ts';

const OF_S3: TargetPromises = { ...ONE_MACHINE, sandboxesDownloads: false };

/** Starts the server, and ends it with the target. @param settings beside those of the bucket */
export async function openOverS3(
  startServer: () => Promise<S3Server>,
  settings: Readonly<Record<string, string>> = {},
  promises: Partial<TargetPromises> = {},
): Promise<ServiceTarget> {
  const store = await startServer();
  const { endpoint, region, credentials } = store;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const Bucket = `e2e-${randomUUID()}`;
  await makeBucket(client, Bucket);
  const target = await openServer(
    {
      STORAGE_TYPE: 's3',
      S3_BUCKET: Bucket,
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY: credentials.accessKeyId,
      S3_SECRET_KEY: credentials.secretAccessKey,
      ...settings,
    },
    { ...OF_S3, ...promises },
  );
  return {
    ...target,
    async close() {
      await target.close();
      await empty(client, Bucket);
      await client.send(new DeleteBucketCommand({ Bucket }));
      client.destroy();
      await store.stop();
    },
  };
}

/** Browsers may upload and download, as docs/configuration.md has operators allow it. */
async function makeBucket(client: S3Client, Bucket: string): Promise<void> {
  const rule = {
    AllowedOrigins: [ONE_MACHINE.corsOrigin],
    AllowedMethods: ['GET', 'HEAD', 'PUT'],
    AllowedHeaders: ['*'],
    ExposeHeaders: ['ETag'],
  };
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [rule] } }));
}
