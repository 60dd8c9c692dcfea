/** Completes an upload: the publisher says that all bytes were sent, and the proof decides. */
import { createHash } from 'node:crypto';
import { isServiceError, ServiceError } from '../errors.ts';
import type { PackageRef } from '../names.ts';
import type { PartInfo, PartPlan } from '../ports/multipart-store.ts';
import { storeOf } from '../ports/stores.ts';
import { partTerms } from '../proof/part-plan.ts';
import { type Proof, proveByEvidence } from '../proof/proof.ts';
import { askAgain } from '../publishing/ask-again.ts';
import type { UploadDeps } from '../publishing/deps.ts';
import { publish, rejectionError } from '../publishing/publish.ts';
import type { PackageRecord } from '../records.ts';
import { requireOpen } from '../sealing/open-version.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { multipartPlan, partsDropped } from './parts.ts';

/** Another request may change the record between our read and our write; then we read again. */
const TRIES = 5;
const MISSING_NAMED = 20;

/** What a publisher learned while it sent the parts of an upload that it created without a sha256. */
export interface LateDigest {
  /** Of the whole file. */
  readonly sha256: string;
  /** SHA-256 over the SHA-256 of every part, 32 bytes each, in their order. */
  readonly partsSha256: string;
}

/**
 * Repeatable. Returns the record as `available` (or `yanked`, if that happened since), or as
 * `verifying` if bytes must be read first.
 * @param digest required for an upload that was created without a sha256, until it has one
 * @throws NOT_FOUND, NOT_UPLOADED if bytes or parts are missing or parts are other ones,
 *   INVALID_INPUT if there is no digest, CONFLICT if the upload has another one, INTEGRITY or
 *   KEY_OCCUPIED if the upload was rejected, SEALED, UNAVAILABLE while the version is being sealed
 */
export async function completeUpload(
  deps: UploadDeps,
  ref: PackageRef,
  digest?: LateDigest,
): Promise<PackageRecord> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const record = await deps.catalog.getPackage(ref);
    if (record !== undefined && record.state !== 'deleted') requireSameDigest(record, digest);
    switch (record?.state) {
      case undefined:
        // A worker may have removed it, because its version was sealed.
        await requireOpen(deps, await deps.catalog.getVersion(ref.versionId));
        throw notFound(ref);
      case 'deleted':
        throw notFound(ref);
      case 'available':
      case 'yanked':
        return record;
      case 'rejected':
        throw rejectionError(record);
      case 'verifying':
        await askAgain(deps, record);
        return record;
      case 'pending': {
        const after = await completePending(deps, record, digest);
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
  digest: LateDigest | undefined,
): Promise<PackageRecord | undefined> {
  if (record.sha256 === undefined) {
    await requireParts(deps, record, requireDigest(record, digest).partsSha256);
    return startVerifying(deps, record, digest?.sha256);
  }
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

function notFound({ versionId, packageId }: PackageRef): ServiceError {
  return new ServiceError('NOT_FOUND', `version ${versionId} has no package ${packageId}`);
}

/** @throws CONFLICT if the package has another sha256 */
function requireSameDigest({ packageId, sha256 }: PackageRecord, digest?: LateDigest): void {
  if (digest === undefined || sha256 === undefined || digest.sha256 === sha256) return;
  throw new ServiceError(
    'CONFLICT',
    `${packageId} has the sha256 ${sha256}, got ${digest.sha256}: it is never changed; give the upload up, or publish under another name`,
  );
}

/** @throws INVALID_INPUT */
function requireDigest({ packageId }: PackageRecord, digest?: LateDigest): LateDigest {
  if (digest !== undefined) return digest;
  throw new ServiceError(
    'INVALID_INPUT',
    `${packageId} was created without a sha256: complete it with sha256 and partsSha256`,
  );
}

/**
 * From here on no part is signed. The worker of the queue joins and reads the bytes.
 * @param sha256 if the upload has none yet: it gets it in the same write
 */
async function startVerifying(
  deps: UploadDeps,
  record: PackageRecord,
  sha256?: string,
): Promise<PackageRecord | undefined> {
  const verifying = await deps.catalog.changePackage(
    record,
    { attemptId: record.attemptId, states: ['pending'] },
    {
      state: 'verifying',
      touchedAt: deps.clock().toISOString(),
      ...withoutUndefined({ sha256 }),
    },
  );
  if (verifying === undefined) return undefined;
  try {
    await deps.verification.enqueue(verifying);
  } catch (error) {
    // No worker would know of it until the patience is over, so it becomes pending again, for the
    // publisher's next try. It keeps its digest: a worker may know of it nevertheless.
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

/**
 * @param partsSha256 if the parts must have these digests
 * @throws NOT_UPLOADED, with the numbers of missing parts
 */
async function requireParts(
  deps: UploadDeps,
  record: PackageRecord,
  partsSha256?: string,
): Promise<void> {
  const plan = multipartPlan(record);
  const arrived = await arrivedParts(deps, record);
  if (arrived === undefined) return;
  const missing: number[] = [];
  for (let partNumber = 1; partNumber <= plan.partCount; partNumber++) {
    const { size } = partTerms(record.size, plan, partNumber);
    if (arrived.get(partNumber)?.size !== size) missing.push(partNumber);
  }
  if (missing.length === 0) {
    if (partsSha256 !== undefined) requireDigests(plan, arrived, partsSha256);
    return;
  }
  const named =
    missing.slice(0, MISSING_NAMED).join(', ') + (missing.length > MISSING_NAMED ? ', ...' : '');
  throw new ServiceError(
    'NOT_UPLOADED',
    `${missing.length} of ${plan.partCount} parts are missing: ${named}`,
  );
}

/** @throws NOT_UPLOADED if the stored parts are not those that the publisher read */
function requireDigests(
  { partCount }: PartPlan,
  arrived: ReadonlyMap<number, PartInfo>,
  partsSha256: string,
): void {
  const whole = createHash('sha256');
  let unknown = 0;
  for (let partNumber = 1; partNumber <= partCount; partNumber++) {
    const sha256 = arrived.get(partNumber)?.sha256;
    if (sha256 === undefined) unknown += 1;
    else whole.update(sha256, 'hex');
  }
  const stored = whole.digest('hex');
  if (unknown === 0 && stored === partsSha256) return;
  const why = unknown > 0 ? `${unknown} parts without a sha256` : `parts of partsSha256 ${stored}`;
  throw new ServiceError(
    'NOT_UPLOADED',
    `the store holds ${why}, expected ${partsSha256}: list the parts of the upload, and send those that differ again`,
  );
}

/**
 * The parts by number; undefined if the store has already joined the parts, in a completion whose
 * answer was lost.
 * @throws NOT_UPLOADED if it knows neither the upload nor the file
 */
async function arrivedParts(
  deps: Pick<UploadDeps, 'store' | 'fallback'>,
  record: PackageRecord,
): Promise<ReadonlyMap<number, PartInfo> | undefined> {
  const { uploadId } = multipartPlan(record);
  const store = storeOf(deps, record);
  try {
    const parts = await store.listParts({ key: record.key, uploadId });
    return new Map(parts.map((part) => [part.partNumber, part]));
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
