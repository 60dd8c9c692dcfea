/** What publishers and admins do to a whole version: draft, release, describe, yank, restore. */
import type { Principal } from '../access/access.ts';
import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import type { VersionId } from '../names.ts';
import { type Catalog, everyPackage } from '../ports/catalog.ts';
import {
  applyVersionChange,
  EVER_PUBLISHED,
  type PackageRecord,
  type PackageState,
  PUBLISHED,
  UNDER_WAY,
  type VersionChange,
  type VersionRecord,
} from '../records.ts';
import { requireOpen, sealedError } from '../sealing/open-version.ts';
import { withoutUndefined } from '../without-undefined.ts';
import {
  type LifecycleDeps,
  markDeleted,
  removePublishedBytes,
  restorePackage,
  settleDelete,
  yankPackage,
} from './lifecycle.ts';

export interface VersionDeps {
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/** What a publisher wants of a version; what is left out stays as it is. */
export interface VersionWish {
  /** True: readers see nothing of it until it is released. False: releases it for good. */
  readonly draft?: boolean | undefined;
  /** Markdown; empty text takes the notes away. */
  readonly notes?: string | undefined;
  /** Empty text takes it away. */
  readonly minVersion?: string | undefined;
}

/** Others may change the same version between a look and a write. */
const TRIES = 5;

/**
 * Creates or changes a version.
 * @throws CONFLICT where it is to become a draft and a package of it was available before;
 *   NOT_UPLOADED where it is to be released and an upload is pending or verifying; SEALED, and
 *   UNAVAILABLE where it is to become a draft while it is being sealed
 */
export async function putVersion(
  deps: VersionDeps,
  versionId: VersionId,
  wish: VersionWish,
): Promise<VersionRecord> {
  const change = changeOf(wish);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const current = await deps.catalog.getVersion(versionId);
    if (current === undefined) {
      const createdAt = deps.clock().toISOString();
      const draft = wish.draft === true ? true : null;
      const record = applyVersionChange({ versionId, createdAt }, { ...change, draft });
      if (await deps.catalog.createVersion(record)) return record;
      continue;
    }
    if (current.sealedAt !== undefined) return asSealed(current, wish);
    const isDraft = current.draft === true;
    if (!isDraft && wish.draft === true) await requireOpen(deps, current);
    const changed =
      isDraft && wish.draft === false
        ? await releaseDraft(deps, versionId, change)
        : !isDraft && wish.draft === true
          ? await withdraw(deps, versionId, change)
          : await deps.catalog.changeVersion(versionId, { isDraft }, change);
    if (changed !== undefined) return changed;
  }
  throw new ServiceError(
    'CONFLICT',
    `version ${versionId} is changed by others just now; try again`,
  );
}

/** To release what is released changes nothing. @throws SEALED */
function asSealed(current: VersionRecord, wish: VersionWish): VersionRecord {
  const changes = wish.draft === true || Object.keys(changeOf(wish)).length > 0;
  if (changes) throw sealedError(current.versionId);
  return current;
}

function changeOf({ notes, minVersion }: VersionWish): VersionChange {
  return withoutUndefined({
    notes: notes === '' ? null : notes,
    minVersion: minVersion === '' ? null : minVersion,
  });
}

/** All of it becomes visible in one write. @throws NOT_UPLOADED */
async function releaseDraft(
  deps: VersionDeps,
  versionId: VersionId,
  change: VersionChange,
): Promise<VersionRecord | undefined> {
  for await (const { packageId, state } of everyPackage(deps.catalog, versionId, UNDER_WAY)) {
    throw new ServiceError(
      'NOT_UPLOADED',
      `draft ${versionId} can't be released: the upload of ${packageId} is ${state}; complete it or give it up first`,
    );
  }
  return deps.catalog.changeVersion(versionId, { isDraft: true }, { ...change, draft: null });
}

/**
 * Makes a draft of a version in which nothing was available yet. Uploads under way are marked after
 * the version is; one that is published meanwhile sees the draft, or undoes it.
 * @throws CONFLICT
 */
async function withdraw(
  deps: VersionDeps,
  versionId: VersionId,
  change: VersionChange,
): Promise<VersionRecord | undefined> {
  const open = { isDraft: false, sealing: null };
  const drafted = await deps.catalog.changeVersion(versionId, open, { ...change, draft: true });
  if (drafted === undefined) return undefined;
  const published = await draftPackages(deps, versionId);
  if (published === undefined) return drafted;
  await deps.catalog.changeVersion(versionId, { isDraft: true }, { draft: null });
  throw new ServiceError(
    'CONFLICT',
    `version ${versionId} can't become a draft: ${published.packageId} was published in it`,
  );
}

async function draftPackages(
  { catalog }: VersionDeps,
  versionId: VersionId,
): Promise<PackageRecord | undefined> {
  const states = [...UNDER_WAY, ...EVER_PUBLISHED];
  for await (const record of everyPackage(catalog, versionId, states)) {
    if (EVER_PUBLISHED.includes(record.state)) return record;
    const expected = { attemptId: record.attemptId, states: UNDER_WAY };
    if ((await catalog.changePackage(record, expected, { draft: true })) !== undefined) continue;
    const now = await catalog.getPackage(record);
    if (now !== undefined && now.draft !== true && EVER_PUBLISHED.includes(now.state)) return now;
  }
  return undefined;
}

/** How a yank or a restore of a whole version went. */
export interface VersionProgress {
  readonly changed: number;
  /** False where time ran out: asking again goes on. */
  readonly isWhole: boolean;
}

/**
 * Yanks every available package, then makes others forget all copies of the version at once: a
 * version has thousands of packages, and a CDN takes money for each path. If nothing is left to
 * yank, too, because an earlier call may have failed just there.
 * @throws NOT_FOUND for an unknown version
 */
export async function yankVersion(
  deps: LifecycleDeps,
  caller: Principal,
  versionId: VersionId,
  reason: string | undefined,
  hasTime: () => boolean,
): Promise<VersionProgress> {
  await mustExist(deps, versionId);
  try {
    return await changeAll(deps, versionId, ['available'], hasTime, (record) =>
      yankPackage(deps, caller, record, reason, later),
    );
  } finally {
    await deps.recall?.forgetVersion(versionId);
  }
}

/**
 * Deletes every published package, and makes others forget all copies of the version at once, as
 * `yankVersion` does. If it breaks off, the sweep finishes what was begun. Uploads under way stay.
 * @throws NOT_FOUND for an unknown version, RETAINED if the store has to keep the bytes for a time
 */
export async function deleteVersion(
  deps: LifecycleDeps,
  versionId: VersionId,
  hasTime: () => boolean,
): Promise<VersionProgress> {
  await mustExist(deps, versionId);
  const removed: PackageRecord[] = [];
  try {
    return await changeAll(deps, versionId, PUBLISHED, hasTime, async (record) => {
      const deleted = await markDeleted(deps, record);
      await removePublishedBytes(deps, deleted);
      removed.push(deleted);
    });
  } finally {
    if (removed.length > 0) await deps.recall?.forgetVersion(versionId);
    for (const record of removed) await settleDelete(deps, record);
  }
}

/** The copies are forgotten with those of the whole version. */
const later = async () => {};

/** Restores every yanked package. Repeatable. @throws NOT_FOUND for an unknown version */
export async function restoreVersion(
  deps: LifecycleDeps,
  versionId: VersionId,
  hasTime: () => boolean,
): Promise<VersionProgress> {
  await mustExist(deps, versionId);
  return changeAll(deps, versionId, ['yanked'], hasTime, (record) => restorePackage(deps, record));
}

/** @throws NOT_FOUND */
async function mustExist({ catalog }: LifecycleDeps, versionId: VersionId): Promise<void> {
  if ((await catalog.getVersion(versionId)) === undefined)
    throw new ServiceError('NOT_FOUND', `there is no version ${versionId}`);
}

async function changeAll(
  deps: LifecycleDeps,
  versionId: VersionId,
  states: readonly PackageState[],
  hasTime: () => boolean,
  change: (record: PackageRecord) => Promise<unknown>,
): Promise<VersionProgress> {
  let changed = 0;
  for await (const record of everyPackage(deps.catalog, versionId, states)) {
    if (!hasTime()) return { changed, isWhole: false };
    await change(record);
    changed += 1;
  }
  return { changed, isWhole: true };
}
