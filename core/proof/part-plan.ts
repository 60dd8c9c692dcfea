/**
 * How an upload is cut: into one request or parts. Derived from the size alone, so that signing
 * again gives the same parts.
 */

import { ServiceError } from '../errors.ts';
import type { PartPlan, PartTerms } from '../ports/multipart-store.ts';
import type { UploadPlan } from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';

export const MIB = 1024 * 1024;
/** Up to this size one request uploads a package, unless publisher or service want otherwise. */
const SINGLE_UP_TO_BYTES = 100 * MIB;
/**
 * S3 takes no more in one PUT: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
const SINGLE_MAX_BYTES = 5 * 1024 * MIB;
const MIN_PART_BYTES = 16 * MIB;
const MAX_PARTS = 10_000;
/** Signed parts in one answer; the URL of a part may have 1.7 KB. */
export const PARTS_PER_ANSWER = 100;

/** max(16 MiB, ceil(size / 10000)), rounded up to whole MiB. */
function partSizeFor(size: number): number {
  return Math.ceil(Math.max(MIN_PART_BYTES, Math.ceil(size / MAX_PARTS)) / MIB) * MIB;
}

/**
 * @param singleUpToBytes where the service has a limit of its own
 * @throws INVALID_INPUT if one request cannot carry so many bytes
 */
export function methodFor(
  size: number,
  wanted: UploadPlan['method'] | undefined,
  singleUpToBytes: number = SINGLE_UP_TO_BYTES,
): UploadPlan['method'] {
  if (wanted === 'single' && size > SINGLE_MAX_BYTES) {
    throw new ServiceError(
      'INVALID_INPUT',
      `method single takes at most ${SINGLE_MAX_BYTES} bytes, got ${size}`,
    );
  }
  return wanted ?? (size <= singleUpToBytes ? 'single' : 'multipart');
}

export function partPlanFor(size: number, partChecksums: boolean): PartPlan {
  const partSize = partSizeFor(size);
  return { partSize, partCount: Math.ceil(size / partSize), partChecksums };
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
