/** Signs the parts of an upload, and reports which have arrived. */

import { isServiceError, ServiceError } from '../errors.ts';
import type { PackageRef } from '../names.ts';
import type { SignedRequest } from '../ports/blob-store.ts';
import type { PartInfo, PartTerms } from '../ports/multipart-store.ts';
import { storeOf } from '../ports/stores.ts';
import { partTerms } from '../proof/part-plan.ts';
import type { UploadDeps } from '../publishing/deps.ts';
import type { PackageRecord, UploadPlan } from '../records.ts';
import { touch, uploadExpiry } from './touch.ts';

export interface SignedPart {
  readonly partNumber: number;
  /** Bytes. */
  readonly size: number;
  readonly request: SignedRequest;
}

type MultipartPlan = Extract<UploadPlan, { method: 'multipart' }>;

/**
 * @param sha256s one for each part number if the upload declares part checksums, else absent
 * @throws NOT_FOUND, CONFLICT if the upload is over, INVALID_INPUT
 */
export async function signParts(
  deps: UploadDeps,
  ref: PackageRef,
  partNumbers: readonly number[],
  sha256s: readonly string[] | undefined,
): Promise<readonly SignedPart[]> {
  const record = await pendingUpload(deps, ref);
  const plan = multipartPlan(record);
  if (plan.partChecksums !== (sha256s !== undefined)) {
    const rule = plan.partChecksums ? 'needs sha256s, one for each part' : 'takes no sha256s';
    throw new ServiceError(
      'INVALID_INPUT',
      `this upload was created with partChecksums ${plan.partChecksums}: it ${rule}`,
    );
  }
  if (sha256s !== undefined && sha256s.length !== partNumbers.length) {
    throw new ServiceError(
      'INVALID_INPUT',
      `sha256s must have one entry for each of ${partNumbers.length} partNumbers, got ${sha256s.length}`,
    );
  }
  if (new Set(partNumbers).size !== partNumbers.length) {
    throw new ServiceError('INVALID_INPUT', 'partNumbers must not name a part twice');
  }
  const terms = partNumbers.map((partNumber, index) =>
    partTerms(record.size, plan, partNumber, sha256s?.[index]),
  );
  await touch(deps, record);
  try {
    return await signAll(deps, record, plan, terms);
  } catch (error) {
    // An upload that was completed meanwhile did not lose its parts, so the publisher must not give
    // it up.
    if (isServiceError(error, 'NOT_FOUND')) await pendingUpload(deps, ref);
    throw error;
  }
}

/** @throws NOT_FOUND if the store no longer knows the multipart upload */
export async function signAll(
  deps: Pick<UploadDeps, 'store' | 'fallback' | 'limits'>,
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

export interface UploadState {
  readonly record: PackageRecord;
  /** The parts that have arrived whole, for a multipart upload. */
  readonly parts?: readonly PartInfo[];
  /** When the upload expires if it stays idle. */
  readonly expiresAt: Date;
}

/** @throws NOT_FOUND */
export async function getUpload(deps: UploadDeps, ref: PackageRef): Promise<UploadState> {
  const record = await deps.catalog.getPackage(ref);
  if (record === undefined || record.state === 'deleted') throw noUpload(ref);
  const expiresAt = uploadExpiry(deps, record);
  if (record.plan.method === 'single') return { record, expiresAt };
  const { uploadId } = record.plan;
  if (record.state !== 'pending') return { record, parts: allParts(record), expiresAt };
  try {
    return {
      record,
      parts: await storeOf(deps, record).listParts({ key: record.key, uploadId }),
      expiresAt,
    };
  } catch (error) {
    if (!isServiceError(error, 'NOT_FOUND')) throw error;
    return { record, parts: [], expiresAt };
  }
}

/** An upload that went past `pending` has (or had) all its parts. */
function allParts(record: PackageRecord): readonly PartInfo[] {
  if (record.state === 'rejected') return [];
  const plan = multipartPlan(record);
  return Array.from({ length: plan.partCount }, (_, index) => {
    const { partNumber, size } = partTerms(record.size, plan, index + 1);
    return { partNumber, size };
  });
}

async function pendingUpload(deps: UploadDeps, ref: PackageRef): Promise<PackageRecord> {
  const record = await deps.catalog.getPackage(ref);
  if (record === undefined || record.state === 'deleted') throw noUpload(ref);
  if (record.state === 'pending') return record;
  throw new ServiceError(
    'CONFLICT',
    `the upload of ${ref.packageId} is over: it is ${record.state}`,
  );
}

function noUpload(ref: PackageRef): ServiceError {
  return new ServiceError(
    'NOT_FOUND',
    `version ${ref.versionId} has no upload of ${ref.packageId}`,
  );
}
