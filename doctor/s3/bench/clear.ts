/**
 * Removes what trials left in a bucket: objects with all their versions, and unfinished uploads.
 */
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type MultipartUpload as MultipartUploadOfStore,
} from '@aws-sdk/client-s3';
import { isServiceError } from '../../../core/errors.ts';
import type { MultipartUpload } from '../../../core/ports/multipart-store.ts';
import { isS3Error, translating } from '../../../storage/s3/bucket/errors.ts';
import type { S3Bucket } from '../../../storage/s3/bucket/s3-bucket.ts';
import { storeIdOf } from '../../../storage/s3/bucket/upload-id.ts';
import type { SdkS3Client } from '../../../storage/s3/requests/sdk-client.ts';

/** A store may still list what it has just removed, so it is asked again, but not without end. */
const ROUNDS = 5;

/**
 * @param begun uploads to abort by their id, whether the store lists them or not
 * @returns the names of what could not be removed
 * @throws ServiceError if the store does not list its objects
 */
export async function clear(
  bucket: S3Bucket<SdkS3Client>,
  begun: readonly MultipartUpload[],
): Promise<readonly string[]> {
  const notEnded = await endUploads(bucket, begun);
  for (let round = 1; ; round += 1) {
    const left = [...(await abortUploads(bucket)), ...(await removeObjects(bucket))];
    if (left.length === 0 || round === ROUNDS) return [...notEnded, ...left];
  }
}

/** @returns those that the store refused to abort */
async function endUploads(
  bucket: S3Bucket<SdkS3Client>,
  begun: readonly MultipartUpload[],
): Promise<readonly string[]> {
  const notEnded: string[] = [];
  for (const { key, uploadId } of begun) {
    const abort = new AbortMultipartUploadCommand({
      ...bucket.object(key),
      UploadId: storeIdOf(uploadId),
    });
    try {
      await translating(`aborting an upload of ${key}`, () => bucket.client.send(abort));
    } catch (error) {
      // Most were joined or aborted by their trial.
      if (!isServiceError(error, 'NOT_FOUND')) notEnded.push(`upload of ${key}`);
    }
  }
  return notEnded;
}

/** @returns those that the store listed */
async function abortUploads({
  client,
  name: Bucket,
  prefix: Prefix,
}: S3Bucket<SdkS3Client>): Promise<readonly string[]> {
  const uploads = await listedUploads(client, { Bucket, Prefix });
  for (const { Key, UploadId } of uploads) {
    const abort = new AbortMultipartUploadCommand({ Bucket, Key, UploadId });
    await translating(`aborting an upload of ${Key}`, () => client.send(abort));
  }
  return uploads.map(({ Key }) => `upload of ${Key}`);
}

async function listedUploads(
  client: SdkS3Client,
  where: { readonly Bucket: string; readonly Prefix: string },
): Promise<readonly MultipartUploadOfStore[]> {
  try {
    const listing = () => client.send(new ListMultipartUploadsCommand(where));
    return (await translating('listing uploads', listing)).Uploads ?? [];
  } catch (error) {
    if (isServiceError(error, 'NOT_SUPPORTED')) return [];
    throw error;
  }
}

/** @returns those that the store listed */
async function removeObjects(bucket: S3Bucket<SdkS3Client>): Promise<readonly string[]> {
  const { client, name: Bucket } = bucket;
  const found = (await versionsIn(bucket)) ?? (await objectsIn(bucket));
  for (const { Key, VersionId } of found) {
    const remove = new DeleteObjectCommand({
      Bucket,
      Key,
      ...(VersionId !== undefined && { VersionId }),
    });
    await translating(`deleting ${Key}`, () => client.send(remove));
  }
  return found.map(({ Key }) => String(Key));
}

interface Found {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
}

/** Undefined if the store has no versions, or the key may not list them. */
async function versionsIn({
  client,
  name: Bucket,
  prefix: Prefix,
}: S3Bucket<SdkS3Client>): Promise<readonly Found[] | undefined> {
  try {
    const { Versions = [], DeleteMarkers = [] } = await client.send(
      new ListObjectVersionsCommand({ Bucket, Prefix }),
    );
    return [...Versions, ...DeleteMarkers];
  } catch (error) {
    if (isS3Error(error, 'NotImplemented', 'AccessDenied', 'MethodNotAllowed')) return undefined;
    throw error;
  }
}

async function objectsIn({
  client,
  name: Bucket,
  prefix: Prefix,
}: S3Bucket<SdkS3Client>): Promise<readonly Found[]> {
  const list = new ListObjectsV2Command({ Bucket, Prefix });
  const { Contents: contents = [] } = await translating('listing', () => client.send(list));
  return contents.map(({ Key }) => ({ Key }));
}
