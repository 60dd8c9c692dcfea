/**
 * The real S3 servers on which the README's commands are run: each with the bucket that they name, and
 * the settings that lead there.
 */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { hasCephRgw, startCephRgw } from '../support/servers/ceph-rgw.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../support/servers/versitygw.ts';

/** A server with the bucket that the README names; undefined where it is not installed. */
export type StartStore = (() => Promise<S3Server>) | undefined;

const binary = findVersitygw();

export const versitygwOfReadme: StartStore =
  binary === undefined ? undefined : () => withBucket(startVersitygw(binary));

export const cephRgwOfReadme: StartStore = hasCephRgw()
  ? () => withBucket(startCephRgw())
  : undefined;

/** What a service is given to keep its packages there. */
export function storeSettings({
  endpoint,
  credentials,
}: S3Server): Readonly<Record<string, string>> {
  return {
    STORAGE_TYPE: 's3',
    S3_BUCKET: 'releases',
    S3_ENDPOINT: endpoint,
    S3_ACCESS_KEY: credentials.accessKeyId,
    S3_SECRET_KEY: credentials.secretAccessKey,
  };
}

async function withBucket(starting: Promise<S3Server>): Promise<S3Server> {
  const server = await starting;
  const { endpoint, region, credentials } = server;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'releases' }));
  client.destroy();
  return server;
}
