/**
 * Reads lists of parts and of unfinished uploads in pages of one, as the sweep and completions do.
 */
import {
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
} from '@aws-sdk/client-s3';
import { kept, notKept, type TrialResult } from '../../../core/doctor/report.ts';
import { storeIdOf } from '../../../storage/s3/bucket/upload-id.ts';
import { type Bench, GOOD } from '../bench/bench.ts';
import { beginUpload, uploadInParts } from '../bench/parts.ts';

export async function pagesParts(bench: Bench): Promise<TrialResult> {
  const key = bench.newKey();
  const { uploadId } = await uploadInParts(bench, 'none', key, [GOOD, GOOD, GOOD]);
  const numbers: (number | undefined)[] = [];
  let marker: string | undefined;
  // Bounded, because a store may return pages without end.
  for (let page = 1; page <= 4; page += 1) {
    const command = new ListPartsCommand({
      ...bench.bucket.object(key),
      UploadId: storeIdOf(uploadId),
      MaxParts: 1,
      ...(marker !== undefined && { PartNumberMarker: marker }),
    });
    const {
      Parts = [],
      IsTruncated,
      NextPartNumberMarker,
    } = await bench.bucket.client.send(command);
    numbers.push(...Parts.map(({ PartNumber }) => PartNumber));
    marker = NextPartNumberMarker;
    if (IsTruncated !== true) break;
  }
  const seen = `parts ${numbers.join(', ')} in pages of one`;
  return numbers.join() === '1,2,3' ? kept(seen) : notKept(seen);
}

export async function pagesUploads(bench: Bench): Promise<TrialResult> {
  const keys = [bench.newKey('uploads'), bench.newKey('uploads'), bench.newKey('uploads')];
  for (const key of keys) await beginUpload(bench, 'none', key, [GOOD]);
  const { client, name: Bucket, prefix } = bench.bucket;
  const found: string[] = [];
  let marker: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } = {};
  for (let page = 1; page <= 4; page += 1) {
    const Prefix = `${prefix}packages/uploads/`;
    const command = new ListMultipartUploadsCommand({ Bucket, Prefix, MaxUploads: 1, ...marker });
    const answer: ListMultipartUploadsCommandOutput = await client.send(command);
    found.push(...(answer.Uploads ?? []).map(({ Key }) => String(Key).slice(prefix.length)));
    const { NextKeyMarker: KeyMarker = '', NextUploadIdMarker: UploadIdMarker = '' } = answer;
    marker = { KeyMarker, UploadIdMarker };
    if (answer.IsTruncated !== true) break;
  }
  const seen = `${found.length} of ${keys.length} uploads in pages of one`;
  return found.join() === [...keys].sort().join() ? kept(seen) : notKept(seen);
}
