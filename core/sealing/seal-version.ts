/**
 * Seals a version: from then on it never gains a file. How it stays right with single conditional
 * writes, whatever publishers do meanwhile:
 *
 * 1. `sealing` is written into the version. From now on, who reads the version publishes nothing.
 * 2. All its packages are listed, strongly consistent. A publisher that had read the version before
 *    step 1 had entered its upload before, so that the list has it: as published, or as under way.
 * 3. If nothing is under way, `sealed` is written in place of this `sealing`. Otherwise `sealing` is
 *    taken away, and the version is open again.
 *
 * An upload that was entered after the list reads the version before it is published, and then sees
 * step 1 or 3. After a crash between 1 and 3, the next call begins again with a `sealing` of its own,
 * and the dead one can write nothing; without a next call, the first publisher after a minute opens
 * the version (open-version.ts).
 */
import { creatorOf, type Principal } from '../access/access.ts';
import type { Clock, NewId } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import type { VersionId } from '../names.ts';
import { type Catalog, everyPackage } from '../ports/catalog.ts';
import { type Stores, storeOf } from '../ports/stores.ts';
import { removeBytesOf } from '../proof/cleanup.ts';
import { type PackageRecord, PUBLISHED, UNDER_WAY, type VersionRecord } from '../records.ts';
import { beingSealed, sealingOf } from './open-version.ts';

export interface SealDeps extends Stores {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly newId: NewId;
}

export interface SealWish {
  /** Gives up the uploads that are under way. @default they keep the version from being sealed */
  readonly discardUnfinished?: boolean | undefined;
}

/** A statement with all their names must fit into one answer. */
const MOST_FILES = 10_000;
/** Others may change the version between a look and a write. */
const TRIES = 5;

/**
 * Repeatable: a sealed version stays as it is.
 * @throws NOT_FOUND; CONFLICT for a draft and for a version without files; NOT_UPLOADED while an
 *   upload is under way; NOT_SUPPORTED for too many files; UNAVAILABLE if somebody else is sealing it
 */
export async function sealVersion(
  deps: SealDeps,
  caller: Principal,
  versionId: VersionId,
  wish: SealWish = {},
): Promise<VersionRecord> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const current = await deps.catalog.getVersion(versionId);
    if (current === undefined)
      throw new ServiceError('NOT_FOUND', `there is no version ${versionId}`);
    if (current.sealedAt !== undefined) return current;
    if (current.draft === true) {
      throw new ServiceError(
        'CONFLICT',
        `version ${versionId} is a draft: release it first, and then seal it`,
      );
    }
    const sealing = sealingOf(deps.clock(), deps.newId());
    const expected = { isDraft: false, sealing: current.sealing ?? null };
    if ((await deps.catalog.changeVersion(versionId, expected, { sealing })) === undefined)
      continue;
    return finish(deps, caller, versionId, sealing, wish);
  }
  throw beingSealed(versionId);
}

async function finish(
  deps: SealDeps,
  caller: Principal,
  versionId: VersionId,
  sealing: string,
  wish: SealWish,
): Promise<VersionRecord> {
  const own = { isDraft: false, sealing };
  try {
    await requireSealable(deps, versionId, wish);
  } catch (error) {
    await deps.catalog.changeVersion(versionId, own, { sealing: null });
    throw error;
  }
  const sealed = await deps.catalog.changeVersion(versionId, own, {
    sealing: null,
    sealedAt: deps.clock().toISOString(),
    sealedBy: creatorOf(caller),
  });
  if (sealed !== undefined) return sealed;
  // Another request went on in its place, or ended it, because this one had taken too long.
  const now = await deps.catalog.getVersion(versionId);
  if (now?.sealedAt !== undefined) return now;
  throw beingSealed(versionId);
}

/** @throws NOT_UPLOADED, CONFLICT, NOT_SUPPORTED */
async function requireSealable(
  deps: SealDeps,
  versionId: VersionId,
  { discardUnfinished = false }: SealWish,
): Promise<void> {
  let files = 0;
  for await (const record of everyPackage(deps.catalog, versionId, [...UNDER_WAY, ...PUBLISHED])) {
    if (!UNDER_WAY.includes(record.state)) files += 1;
    else if (!discardUnfinished) throw unfinished(record);
    else if (!(await discard(deps, record))) files += 1;
    if (files > MOST_FILES) {
      throw new ServiceError(
        'NOT_SUPPORTED',
        `version ${versionId} has more than ${MOST_FILES} files; only smaller ones can be sealed`,
      );
    }
  }
  if (files > 0) return;
  throw new ServiceError(
    'CONFLICT',
    `version ${versionId} has no files: nothing could be added to it after the seal`,
  );
}

function unfinished({ versionId, packageId, state }: PackageRecord): ServiceError {
  return new ServiceError(
    'NOT_UPLOADED',
    `version ${versionId} can't be sealed: the upload of ${packageId} is ${state}; complete it or give it up, or seal with discardUnfinished`,
  );
}

/** @returns false if it was published meanwhile */
async function discard(deps: SealDeps, record: PackageRecord): Promise<boolean> {
  const expected = { attemptId: record.attemptId, states: UNDER_WAY };
  if (await deps.catalog.removePackage(record, expected)) {
    await removeBytesOf(storeOf(deps, record), record);
    return true;
  }
  const now = await deps.catalog.getPackage(record);
  if (now === undefined || now.attemptId === record.attemptId)
    return now === undefined || !PUBLISHED.includes(now.state);
  return discard(deps, now);
}
