/** An empty bucket on a versitygw of its own, and the settings of a service over it. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import {
  findVersitygw,
  startVersitygw,
  type Versitygw,
} from '../../../test/support/servers/versitygw.ts';

export interface BenchBucket {
  readonly name: string;
  readonly server: Versitygw;
  readonly settings: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** @throws where versitygw is not installed */
export async function startBucket(): Promise<BenchBucket> {
  const binary = findVersitygw();
  if (binary === undefined) throw new Error('versitygw is not installed: npm run servers');
  const server = await startVersitygw(binary);
  const { endpoint, region, credentials } = server;
  const name = 'bench';
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: name }));
  client.destroy();
  const settings = {
    STORAGE_TYPE: 's3',
    S3_BUCKET: name,
    S3_ENDPOINT: endpoint,
    S3_ACCESS_KEY: credentials.accessKeyId,
    S3_SECRET_KEY: credentials.secretAccessKey,
  };
  return { name, server, settings, stop: () => server.stop() };
}
