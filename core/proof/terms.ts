/**
 * How an upload is cut, and the terms that its requests bind. Derived from a record alone, so that
 * signing again gives the same terms.
 */

import { create as contentDisposition } from 'content-disposition';
import { ServiceError } from '../errors.ts';
import type { UploadTerms } from '../ports/blob-store.ts';
import type { PartPlan, PartTerms } from '../ports/multipart-store.ts';
import type { PackageRecord, UploadPlan } from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';

export const MIB = 1024 * 1024;
/** Up to this size one request uploads a package, unless the publisher wants parts. */
const SINGLE_UP_TO_BYTES = 100 * MIB;
/**
 * S3 takes no more in one PUT: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
const SINGLE_MAX_BYTES = 5 * 1024 * MIB;
const MIN_PART_BYTES = 16 * MIB;
const MAX_PARTS = 10_000;
/** Signed parts in one answer; the URL of a part may have 1.7 KB. */
export const PARTS_PER_ANSWER = 100;

/**
 * A package never changes after it was published, and a link is private to the consumer that got
 * it.
 */
const CACHE_CONTROL = 'private, max-age=31536000, immutable';

/** max(16 MiB, ceil(size / 10000)), rounded up to whole MiB. */
function partSizeFor(size: number): number {
  return Math.ceil(Math.max(MIN_PART_BYTES, Math.ceil(size / MAX_PARTS)) / MIB) * MIB;
}

/** @throws INVALID_INPUT if one request cannot carry so many bytes */
export function methodFor(
  size: number,
  wanted: UploadPlan['method'] | undefined,
): UploadPlan['method'] {
  if (wanted === 'single' && size > SINGLE_MAX_BYTES) {
    throw new ServiceError(
      'INVALID_INPUT',
      `method single takes at most ${SINGLE_MAX_BYTES} bytes, got ${size}`,
    );
  }
  return wanted ?? (size <= SINGLE_UP_TO_BYTES ? 'single' : 'multipart');
}

export function partPlanFor(size: number, partChecksums: boolean): PartPlan {
  const partSize = partSizeFor(size);
  return { partSize, partCount: Math.ceil(size / partSize), partChecksums };
}

/** `attachment` with the filename in both forms of RFC 6266 and RFC 8187, as downloads send it. */
export function dispositionOf(record: Pick<PackageRecord, 'filename'>): string {
  return contentDisposition(record.filename);
}

/** The terms that the requests of a record's upload bind. */
export function termsOf(
  record: Pick<PackageRecord, 'size' | 'sha256' | 'contentType' | 'filename' | 'attemptId'>,
): UploadTerms {
  return {
    size: record.size,
    sha256: record.sha256,
    contentType: record.contentType,
    contentDisposition: dispositionOf(record),
    cacheControl: CACHE_CONTROL,
    attemptId: record.attemptId,
  };
}

/** The terms of one part. @throws INVALID_INPUT for a number beyond the plan */
export function partTerms(
  size: number,
  plan: PartPlan,
  partNumber: number,
  sha256?: string,
): PartTerms {
  if (partNumber < 1 || partNumber > plan.partCount) {
    throw new ServiceError(
      'INVALID_INPUT',
      `partNumber must be from 1 to ${plan.partCount}, got ${partNumber}`,
    );
  }
  const length =
    partNumber < plan.partCount ? plan.partSize : size - plan.partSize * (plan.partCount - 1);
  return { partNumber, size: length, ...withoutUndefined({ sha256 }) };
}
