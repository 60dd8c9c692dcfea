/**
 * The signed requests that upload a pending package: one for the file, or one for each of the first
 * parts.
 */

import { addSeconds } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import type { SignedRequest } from '../ports/blob-store.ts';
import type { PartTerms } from '../ports/multipart-store.ts';
import { storeOf } from '../ports/stores.ts';
import { PARTS_PER_ANSWER, partTerms, termsOf } from '../proof/terms.ts';
import type { UploadDeps } from '../publishing/deps.ts';
import type { PackageRecord, UploadPlan } from '../records.ts';

export interface SignedPart {
  readonly partNumber: number;
  /** Bytes. */
  readonly size: number;
  readonly request: SignedRequest;
}

/** `expiresAt`: when the upload expires if it stays idle. */
export type SignedUpload =
  | { readonly method: 'single'; readonly request: SignedRequest; readonly expiresAt: Date }
  | {
      readonly method: 'multipart';
      readonly partSize: number;
      readonly partCount: number;
      readonly parts: readonly SignedPart[];
      readonly expiresAt: Date;
    };

type SigningDeps = Pick<UploadDeps, 'store' | 'fallback' | 'limits'>;
type MultipartPlan = Extract<UploadPlan, { method: 'multipart' }>;

/** When the retention of an upload ends. */
export function uploadExpiry(deps: Pick<UploadDeps, 'limits'>, record: PackageRecord): Date {
  return addSeconds(new Date(record.touchedAt), deps.limits.uploadRetentionSeconds);
}

/** Signs the requests that the publisher needs to begin or to continue. */
export async function signUpload(deps: SigningDeps, record: PackageRecord): Promise<SignedUpload> {
  const expiresAt = uploadExpiry(deps, record);
  const { plan } = record;
  if (plan.method === 'single') {
    const request = await storeOf(deps, record).signUpload(
      record.key,
      termsOf(record),
      deps.limits.uploadTtlSeconds,
    );
    return { method: 'single', request, expiresAt };
  }
  const first = plan.partChecksums ? 0 : Math.min(PARTS_PER_ANSWER, plan.partCount);
  const terms = Array.from({ length: first }, (_, index) =>
    partTerms(record.size, plan, index + 1),
  );
  return {
    method: 'multipart',
    partSize: plan.partSize,
    partCount: plan.partCount,
    parts: await signAll(deps, record, plan, terms),
    expiresAt,
  };
}

/** @throws NOT_FOUND if the store no longer knows the multipart upload */
export async function signAll(
  deps: SigningDeps,
  record: PackageRecord,
  plan: MultipartPlan,
  terms: readonly PartTerms[],
): Promise<readonly SignedPart[]> {
  const store = storeOf(deps, record);
  const upload = { key: record.key, uploadId: plan.uploadId };
  return Promise.all(
    terms.map(async (part) => ({
      partNumber: part.partNumber,
      size: part.size,
      request: await store.signPart(upload, part, deps.limits.uploadTtlSeconds),
    })),
  );
}

/** The error for a publisher whose parts the store no longer has. */
export function partsDropped(cause: unknown): ServiceError {
  const message =
    'the store has dropped the parts of this upload; abort it and create the package again';
  return new ServiceError('NOT_UPLOADED', message, { cause });
}

/** The plan of a multipart upload. @throws INVALID_INPUT if the upload is a single request */
export function multipartPlan(record: PackageRecord): MultipartPlan {
  if (record.plan.method === 'multipart') return record.plan;
  throw new ServiceError('INVALID_INPUT', 'this upload is a single request and has no parts');
}
