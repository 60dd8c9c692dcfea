/** Completes an upload: the publisher says that all bytes were sent, and the proof decides. */
import { isServiceError, ServiceError } from '../errors.ts';
import type { PackageRef } from '../names.ts';
import { storeOf } from '../ports/stores.ts';
import { partTerms } from '../proof/part-plan.ts';
import { type Proof, proveByEvidence } from '../proof/proof.ts';
import { askAgain } from '../publishing/ask-again.ts';
import type { UploadDeps } from '../publishing/deps.ts';
import { publish, rejectionError } from '../publishing/publish.ts';
import type { PackageRecord } from '../records.ts';
import { multipartPlan, partsDropped } from './parts.ts';

/** Another request may change the record between our read and our write; then we read again. */
const TRIES = 5;
const MISSING_NAMED = 20;

/**
 * Repeatable. Returns the record as `available` (or `yanked`, if that happened since), or as
 * `verifying` if bytes must be read first.
 * @throws NOT_FOUND, NOT_UPLOADED if bytes or parts are missing, INTEGRITY or KEY_OCCUPIED if the
 *   upload was rejected
 */
export async function completeUpload(deps: UploadDeps, ref: PackageRef): Promise<PackageRecord> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const record = await deps.catalog.getPackage(ref);
    switch (record?.state) {
      case undefined:
      case 'deleted':
        throw new ServiceError(
          'NOT_FOUND',
          `version ${ref.versionId} has no package ${ref.packageId}`,
        );
      case 'available':
      case 'yanked':
        return record;
      case 'rejected':
        throw rejectionError(record);
      case 'verifying':
        await askAgain(deps, record);
        return record;
      case 'pending': {
        const after = await completePending(deps, record);
        if (after?.state === 'rejected') throw rejectionError(after);
        if (after !== undefined) return after;
      }
    }
  }
  throw new ServiceError(
    'CONFLICT',
    `${ref.packageId} is being changed by others at the same time; ask again`,
  );
}

/** @returns undefined if the record changed meanwhile */
async function completePending(
  deps: UploadDeps,
  record: PackageRecord,
): Promise<PackageRecord | undefined> {
  if (record.plan.method === 'multipart') {
    await requireParts(deps, record);
    return startVerifying(deps, record);
  }
  const proof = await proveByEvidence(storeOf(deps, record), record);
  if (proof.outcome === 'unproven') return startVerifying(deps, record);
  const after = await publish(deps, record, proof);
  if (after?.state === 'pending') throw notUploaded(record, proof);
  return after;
}

/** From here on no part is signed. The worker of the queue joins and reads the bytes. */
async function startVerifying(
  deps: UploadDeps,
  record: PackageRecord,
): Promise<PackageRecord | undefined> {
  const verifying = await deps.catalog.changePackage(
    record,
    { attemptId: record.attemptId, states: ['pending'] },
    { state: 'verifying', touchedAt: deps.clock().toISOString() },
  );
  if (verifying === undefined) return undefined;
  try {
    await deps.verification.enqueue(verifying);
  } catch (error) {
    // No worker would know of it until the patience is over, so it becomes pending again, for the
    // publisher's next try.
    const { attemptId, touchedAt } = verifying;
    await deps.catalog.changePackage(
      record,
      { attemptId, states: ['verifying'], touchedAt },
      { state: 'pending' },
    );
    throw error;
  }
  return verifying;
}

/** @throws NOT_UPLOADED, with the numbers of missing parts */
async function requireParts(deps: UploadDeps, record: PackageRecord): Promise<void> {
  const plan = multipartPlan(record);
  const arrived = await arrivedParts(deps, record);
  if (arrived === undefined) return;
  const missing: number[] = [];
  for (let partNumber = 1; partNumber <= plan.partCount; partNumber++) {
    const { size } = partTerms(record.size, plan, partNumber);
    if (arrived.get(partNumber) !== size) missing.push(partNumber);
  }
  if (missing.length === 0) return;
  const named =
    missing.slice(0, MISSING_NAMED).join(', ') + (missing.length > MISSING_NAMED ? ', ...' : '');
  throw new ServiceError(
    'NOT_UPLOADED',
    `${missing.length} of ${plan.partCount} parts are missing: ${named}`,
  );
}

/**
 * Bytes by part number; undefined if the store has already joined the parts, in a completion whose
 * answer was lost.
 * @throws NOT_UPLOADED if it knows neither the upload nor the file
 */
async function arrivedParts(
  deps: Pick<UploadDeps, 'store' | 'fallback'>,
  record: PackageRecord,
): Promise<ReadonlyMap<number, number> | undefined> {
  const { uploadId } = multipartPlan(record);
  const store = storeOf(deps, record);
  try {
    const parts = await store.listParts({ key: record.key, uploadId });
    return new Map(parts.map((part) => [part.partNumber, part.size]));
  } catch (error) {
    if (!isServiceError(error, 'NOT_FOUND')) throw error;
    if ((await store.stat(record.key)) !== undefined) return undefined;
    throw partsDropped(error);
  }
}

function notUploaded(record: PackageRecord, proof: Proof): ServiceError {
  return proof.outcome === 'missing'
    ? new ServiceError(
        'NOT_UPLOADED',
        `nothing is stored under ${record.key} yet; send the request of the upload first`,
      )
    : new ServiceError(
        'NOT_UPLOADED',
        'bytes of an earlier attempt were stored there and are removed now; send the request again',
      );
}
