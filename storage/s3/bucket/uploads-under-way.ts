/** Lists the multipart uploads of one bucket that were begun and neither joined nor aborted. */
import type { ListMultipartUploadsOutput } from '@aws-sdk/client-s3';
import type { Leftover } from '../../../core/ports/blob-store.ts';
import { isS3Error, translating } from './errors.ts';
import type { S3Bucket } from './s3-bucket.ts';

interface Marker {
  readonly KeyMarker?: string;
  readonly UploadIdMarker?: string;
}

/** The ids are the store's own, and S3 does not list the attempt of an upload. */
export async function* uploadsUnderWay(bucket: S3Bucket): AsyncIterable<Leftover> {
  let marker: Marker | undefined = {};
  while (marker !== undefined) {
    const page: ListMultipartUploadsOutput = await pageAfter(bucket, marker);
    for (const { Key, UploadId: uploadId, Initiated: startedAt } of page.Uploads ?? []) {
      const key = bucket.keyOf(Key);
      if (key !== undefined && uploadId !== undefined && startedAt !== undefined)
        yield { key, uploadId, startedAt };
    }
    marker = nextMarker(page);
  }
}

async function pageAfter(bucket: S3Bucket, marker: Marker): Promise<ListMultipartUploadsOutput> {
  const { KeyMarker, UploadIdMarker } = marker;
  const ask = (after: Marker) => {
    const input = {
      Bucket: bucket.name,
      Prefix: `${bucket.prefix}packages/`,
      ...after,
    };
    return translating('listing uploads', () =>
      bucket.client.request('ListMultipartUploads', input),
    );
  };
  try {
    return await ask(marker);
  } catch (error) {
    // versitygw 1.8 refuses the upload id marker that it returned. Without it, the rest of this one
    // key is skipped; a later listing finds it.
    const isRefused =
      UploadIdMarker !== undefined &&
      KeyMarker !== undefined &&
      isS3Error(error, 'InvalidArgument');
    if (!isRefused) throw error;
    return ask({ KeyMarker });
  }
}

function nextMarker(page: ListMultipartUploadsOutput): Marker | undefined {
  const { IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
  if (IsTruncated !== true || KeyMarker === undefined) return undefined;
  return { KeyMarker, ...(UploadIdMarker !== undefined && { UploadIdMarker }) };
}
