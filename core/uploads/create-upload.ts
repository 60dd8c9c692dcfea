/** Announces a package: takes its name, and returns the signed requests that upload it. */
import { creatorOf, type Principal } from '../access/access.ts';
import { withinGrant } from '../access/grants/within-grant.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import type { VersionId } from '../names.ts';
import type { SignedRequest } from '../ports/blob-store.ts';
import type { Expected } from '../ports/catalog.ts';
import { storeOf } from '../ports/stores.ts';
import { clearKey, removeBytesOf } from '../proof/cleanup.ts';
import { methodFor, PARTS_PER_ANSWER, partPlanFor, partTerms } from '../proof/part-plan.ts';
import { multipartTermsOf, termsOf } from '../proof/proof.ts';
import type { UploadDeps } from '../publishing/deps.ts';
import { withdraw } from '../publishing/publish.ts';
import type { PackageRecord, UploadPlan } from '../records.ts';
import { requireOpen } from '../sealing/open-version.ts';
import { type Draft, draftOf, identify, requireFreeNames, type Wanted } from './identify.ts';
import { partsDropped, type SignedPart, signAll } from './parts.ts';
import { touch, uploadExpiry } from './touch.ts';

/** What a publisher declares. Every text has been parsed. */
export interface NewPackage extends Wanted {
  readonly method?: 'single' | 'multipart' | undefined;
  /** Each part declares its SHA-256. Required where `sha256` is absent. */
  readonly partChecksums: boolean;
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

export interface CreatedUpload {
  readonly record: PackageRecord;
  /** Absent if the bytes are stored already (or are being verified). */
  readonly upload?: SignedUpload;
  /** False if the same upload was created before. */
  readonly created: boolean;
}

/** A second creator may take the name between our read and our write; then we read again. */
const TRIES = 3;

/**
 * @throws FORBIDDEN (beyond an upload grant), INVALID_INPUT, NOT_SUPPORTED (without a sha256, if the store does not report those of
 *   parts), ALREADY_EXISTS (other bytes have the name, or had it once),
 *   UPLOAD_IN_PROGRESS (pending with other terms), NOT_UPLOADED (the store has dropped the parts of
 *   an upload that is renewed), KEY_OCCUPIED (a foreign file is stored under the key),
 *   TOO_MANY_REQUESTS and OUT_OF_SPACE (too many pending bytes), SEALED, UNAVAILABLE (while the
 *   version is being sealed)
 */
export async function createUpload(
  deps: UploadDeps,
  creator: Principal,
  versionId: VersionId,
  announced: NewPackage,
): Promise<CreatedUpload> {
  const wanted = withinGrant(creator, announced);
  if (wanted.sha256 === undefined) requireParts(deps, wanted);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const identity = await identify(deps, versionId, wanted);
    const draft = draftOf(versionId, wanted, identity);
    const { existing } = identity;
    if (existing !== undefined && existing.state !== 'rejected')
      return again(deps, existing, draft);
    const record = await begin(deps, creator, draft, wanted, existing);
    if (record !== undefined) {
      await requireOpenFor(deps, record);
      return { record, upload: await sign(deps, record), created: true };
    }
    await requireFreeNames(deps.catalog, draft);
  }
  throw new ServiceError(
    'CONFLICT',
    `${wanted.filename ?? wanted.packageId} of version ${versionId} is being created by others at the same time; ask again`,
  );
}

/**
 * Asked after the record was written: a seal that did not see the record is seen here.
 * @throws SEALED, UNAVAILABLE; the record is gone then
 */
async function requireOpenFor(deps: UploadDeps, record: PackageRecord): Promise<void> {
  try {
    await requireOpen(deps, await deps.catalog.getVersion(record.versionId));
  } catch (error) {
    await withdraw(deps, record);
    throw error;
  }
}

/** @throws INVALID_INPUT for an upload without a sha256 that does not declare those of its parts */
function requireParts(
  { limits }: Pick<UploadDeps, 'limits'>,
  { size, method, partChecksums }: NewPackage,
): void {
  const chosen = methodFor(size, method, limits.singleUploadBytes);
  if (chosen === 'multipart' && partChecksums) return;
  throw new ServiceError(
    'INVALID_INPUT',
    `sha256 may be left out only of an upload in parts that declare theirs, got method ${chosen} and partChecksums ${partChecksums}: send the sha256, or method multipart and partChecksums true`,
  );
}

/**
 * The same terms again renew what is there; other terms are refused. An upload without a sha256 is
 * the same only as one that has none yet: whether its parts are the same, the publisher finds out by
 * their SHA-256.
 */
async function again(
  deps: UploadDeps,
  existing: PackageRecord,
  draft: Draft,
): Promise<CreatedUpload> {
  const same =
    existing.ext === draft.ext && existing.size === draft.size && existing.sha256 === draft.sha256;
  switch (existing.state) {
    case 'pending': {
      if (!same) throw inProgress(existing);
      const record = await touch(deps, existing);
      try {
        return { record, upload: await sign(deps, record), created: false };
      } catch (error) {
        // It was completed meanwhile. Its parts are not lost, so the publisher must not give it up.
        const now = isServiceError(error, 'NOT_UPLOADED')
          ? await deps.catalog.getPackage(draft)
          : undefined;
        if (now === undefined || now.state === 'pending') throw error;
        return again(deps, now, draft);
      }
    }
    case 'verifying':
      if (!same) throw inProgress(existing);
      return { record: existing, created: false };
    case 'available':
    case 'yanked':
      if (same) return { record: existing, created: false };
      break;
    case 'deleted':
    case 'rejected':
      break;
  }
  const why =
    existing.state === 'deleted'
      ? 'was deleted, and a name is never used again'
      : draft.sha256 === undefined
        ? `exists with sha256 ${existing.sha256}: send the sha256 of your file to say whether it is the same`
        : 'is taken by other bytes';
  throw new ServiceError(
    'ALREADY_EXISTS',
    `package ${existing.packageId} of version ${existing.versionId} ${why}`,
  );
}

/**
 * Signs the requests that the publisher needs to begin or to continue: one for the file, or one for
 * each of the first parts.
 */
async function sign(deps: UploadDeps, record: PackageRecord): Promise<SignedUpload> {
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
  try {
    const parts = await signAll(deps, record, plan, terms);
    const { partSize, partCount } = plan;
    return { method: 'multipart', partSize, partCount, parts, expiresAt };
  } catch (error) {
    throw isServiceError(error, 'NOT_FOUND') ? partsDropped(error) : error;
  }
}

function inProgress(existing: PackageRecord): ServiceError {
  const sha256 = existing.sha256 ?? 'not given yet';
  const terms = `ext ${existing.ext}, ${existing.size} bytes, sha256 ${sha256}`;
  return new ServiceError(
    'UPLOAD_IN_PROGRESS',
    `an upload of ${existing.packageId} is under way with ${terms}`,
  );
}

/** Takes the name for a new attempt. @returns undefined if somebody else took it first */
async function begin(
  deps: UploadDeps,
  creator: Principal,
  draft: Draft,
  wanted: NewPackage,
  rejected: PackageRecord | undefined,
): Promise<PackageRecord | undefined> {
  if (rejected !== undefined) await removeBytesOf(storeOf(deps, rejected), rejected);
  await clearKey(deps, draft);
  return deps.pending.within(deps, creatorOf(creator), draft.size, () =>
    enter(deps, creator, draft, wanted, rejected),
  );
}

/** @returns undefined if somebody else took the name first */
async function enter(
  deps: UploadDeps,
  creator: Principal,
  draft: Draft,
  wanted: NewPackage,
  rejected: PackageRecord | undefined,
): Promise<PackageRecord | undefined> {
  const now = deps.clock().toISOString();
  const attemptId = deps.newId();
  const plan = await beginPlan(deps, draft, attemptId, wanted);
  const record: PackageRecord = {
    ...draft,
    state: 'pending',
    createdAt: now,
    createdBy: creatorOf(creator),
    attemptId,
    plan,
    touchedAt: now,
    store: deps.store.name,
  };
  const replaces: Expected | undefined = rejected && {
    attemptId: rejected.attemptId,
    states: ['rejected'],
  };
  if (await deps.catalog.createPackage(record, replaces)) return record;
  if (plan.method === 'multipart')
    await deps.store.abortMultipart({ key: draft.key, uploadId: plan.uploadId });
  return undefined;
}

async function beginPlan(
  deps: UploadDeps,
  draft: Draft,
  attemptId: string,
  wanted: NewPackage,
): Promise<UploadPlan> {
  const method = methodFor(draft.size, wanted.method, deps.limits.singleUploadBytes);
  if (method === 'single') return { method };
  const plan = partPlanFor(draft.size, wanted.partChecksums);
  if (draft.sha256 === undefined && !(await deps.store.listsPartDigests(draft.key))) {
    throw new ServiceError(
      'NOT_SUPPORTED',
      `the store ${deps.store.name} does not report the SHA-256 of parts: send the sha256 of the file when you create the package`,
    );
  }
  const { uploadId } = await deps.store.beginMultipart(
    draft.key,
    multipartTermsOf({ ...draft, attemptId }),
    draft.sha256 === undefined ? { ...plan, partDigests: true } : plan,
  );
  return { method: 'multipart', ...plan, uploadId };
}
