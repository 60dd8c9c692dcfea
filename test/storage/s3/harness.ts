/**
 * An S3Store on a real server, in a bucket of its own, for tests; fails on closing where something
 * is left.
 */
import { randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { storeIdOf } from '../../../storage/s3/bucket/upload-id.ts';
import { sdkS3 } from '../../../storage/s3/requests/sdk-client.ts';
import { S3Store, type S3StoreOptions } from '../../../storage/s3/s3-store.ts';
import type { S3Server } from '../../support/servers/s3-server.ts';
import type { BlobStoreHarness } from '../blob-contract/harness.ts';
import { sendPlainly } from '../plain-client.ts';

const MIN_PART_BYTES = 5 * 1024 * 1024;
/** Longer than a header signature counts. */
const LONG_AGO_MS = 20 * 60 * 1000;

export interface S3Harness extends BlobStoreHarness {
  readonly store: S3Store;
  readonly bucket: string;
  /** Speaks to the server past the store. */
  readonly client: S3Client;
  /** The store as another process would open it. */
  reopen(options?: Partial<S3StoreOptions>): S3Store;
}

export interface S3HarnessOptions extends Partial<S3StoreOptions> {
  /** The bucket keeps versions. @default false */
  readonly versioned?: boolean;
}

export async function openS3Harness(
  server: S3Server,
  { versioned = false, ...options }: S3HarnessOptions = {},
): Promise<S3Harness> {
  const { endpoint, region, credentials } = server;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const bucket = `contract-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  if (versioned) {
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
  }
  let behindMs = 0;
  const clock = () => new Date(Date.now() - behindMs);
  const reopen = (more: Partial<S3StoreOptions> = {}) =>
    new S3Store({
      connect: sdkS3,
      bucket,
      region,
      credentials,
      endpoint,
      addressing: 'auto',
      integrity: 'checksum',
      clock,
      newId: randomUUID,
      ...options,
      ...more,
    });
  const store = reopen();
  return {
    store,
    bucket,
    client,
    reopen,
    minPartSize: MIN_PART_BYTES,
    send: sendPlainly,
    uploadIdInUrl: storeIdOf,
    async signLongAgo(sign) {
      behindMs = LONG_AGO_MS;
      try {
        return await sign();
      } finally {
        behindMs = 0;
      }
    },
    async waitUntil(moment) {
      if (moment > new Date())
        throw new Error('the clock of a real server can not be moved: sign long ago');
    },
    async close() {
      await store.close();
      const left = await empty(client, bucket);
      await client.send(new DeleteBucketCommand({ Bucket: bucket }));
      client.destroy();
      if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    },
  };
}

/** Empties the bucket. @returns what was in it */
export async function empty(client: S3Client, Bucket: string): Promise<readonly string[]> {
  const left: string[] = [];
  const uploads = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  for (const { Key, UploadId } of uploads.Uploads ?? []) {
    left.push(`upload of ${Key}`);
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  }
  const versions = await client.send(new ListObjectVersionsCommand({ Bucket }));
  for (const { Key, VersionId } of [
    ...(versions.Versions ?? []),
    ...(versions.DeleteMarkers ?? []),
  ]) {
    left.push(`${Key} (${VersionId})`);
    await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  }
  const objects = await client.send(new ListObjectsV2Command({ Bucket }));
  for (const { Key } of objects.Contents ?? []) {
    left.push(`${Key}`);
    await client.send(new DeleteObjectCommand({ Bucket, Key }));
  }
  return left;
}
