/** Signs the parts of an upload, and reports which have arrived. */

import { isServiceError, ServiceError } from '../errors.ts';
import type { PackageRef } from '../names.ts';
import type { PartInfo } from '../ports/multipart-store.ts';
import { storeOf } from '../ports/stores.ts';
import { partTerms } from '../proof/terms.ts';
import type { UploadDeps } from '../publishing/deps.ts';
import type { PackageRecord } from '../records.ts';
import { multipartPlan, type SignedPart, signAll, uploadExpiry } from './signed-upload.ts';
import { touch } from './touch.ts';

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
