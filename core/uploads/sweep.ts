/** The sweep: finishes or removes what lost clients, killed processes and faults left behind. */

import { addSeconds } from '../clock.ts';
import { isServiceError } from '../errors.ts';
import { finishDelete } from '../lifecycle/lifecycle.ts';
import { parsePackageKey } from '../names.ts';
import type { BlobStore, Leftover } from '../ports/blob-store.ts';
import { isSameUpload } from '../ports/multipart-store.ts';
import { allStores, storeOf } from '../ports/stores.ts';
import { removeAttempt, removeBytesOf, statOfOurs } from '../proof/cleanup.ts';
import { askAgain } from '../publishing/ask-again.ts';
import type { UploadDeps } from '../publishing/deps.ts';
import { type PackageRecord, PUBLISHED, UNDER_WAY } from '../records.ts';
import { completeUpload } from './complete-upload.ts';

export interface SweepReport {
  /** Uploads that were complete, and are now published or being verified. */
  readonly finished: number;
  /** Uploads that were idle for too long: removed, and their names are free. */
  readonly expired: number;
  /** Deleted packages whose bytes are now gone. */
  readonly purged: number;
  /** Leftovers that were removed. */
  readonly leftovers: number;
  /**
   * Stores that do not list multipart uploads, and their errors. Parts that no record knows stay
   * there.
   */
  readonly unlisted: readonly { readonly store: string; readonly error: unknown }[];
  /** What failed, and is tried again by the next sweep. */
  readonly failures: readonly { readonly key: string; readonly error: unknown }[];
  /** False if time ran out before everything was looked at. */
  readonly isWhole: boolean;
}

type SweepOutcome = 'finished' | 'expired' | 'purged' | 'leftovers' | 'nothing';

/**
 * Repeatable, at any time.
 * @param graceSeconds leftovers younger than this stay, because their upload may just be in
 *   creation; 0 if nothing else runs
 * @param hasTime called before each piece of work
 */
export async function sweep(
  deps: UploadDeps,
  graceSeconds: number,
  hasTime: () => boolean = () => true,
): Promise<SweepReport> {
  const counts = { finished: 0, expired: 0, purged: 0, leftovers: 0, nothing: 0 };
  const failures: { key: string; error: unknown }[] = [];
  const attempt = async (key: string, work: () => Promise<SweepOutcome>) => {
    try {
      counts[await work()]++;
    } catch (error) {
      failures.push({ key, error });
    }
  };
  let isWhole = true;
  for await (const record of deps.catalog.unfinished(END_OF_TIME)) {
    isWhole = hasTime();
    if (!isWhole) break;
    await attempt(record.key, () => sweepRecord(deps, record));
  }
  const old = addSeconds(deps.clock(), -graceSeconds);
  const unlisted: { store: string; error: unknown }[] = [];
  for (const store of allStores(deps)) {
    try {
      for await (const leftover of isWhole ? store.leftovers() : []) {
        isWhole = hasTime();
        if (!isWhole) break;
        if (leftover.startedAt <= old)
          await attempt(leftover.key, () => sweepLeftover(deps, store, leftover));
      }
    } catch (error) {
      if (!isServiceError(error, 'NOT_SUPPORTED')) throw error;
      unlisted.push({ store: store.name, error });
    }
  }
  const { finished, expired, purged, leftovers } = counts;
  return { finished, expired, purged, leftovers, unlisted, failures, isWhole };
}

/** Also finds records whose `touchedAt` is in the future. */
export const END_OF_TIME = '9999-12-31T23:59:59.999Z';

/** Clocks of servers that share a catalog may differ by this much. */
const CLOCK_SKEW_SECONDS = 300;

/** A wrong clock wrote this record: its retention begins now. */
async function countFromNow(
  deps: UploadDeps,
  { touchedAt, ...record }: PackageRecord,
  now: Date,
): Promise<SweepOutcome> {
  const expected = { attemptId: record.attemptId, states: [record.state], touchedAt };
  await deps.catalog.changePackage(record, expected, { touchedAt: now.toISOString() });
  return 'nothing';
}

async function sweepRecord(deps: UploadDeps, record: PackageRecord): Promise<SweepOutcome> {
  if (record.state === 'deleted') {
    return (await purge(deps, record)) ? 'purged' : 'nothing';
  }
  const now = deps.clock();
  const touched = new Date(record.touchedAt);
  if (touched > addSeconds(now, CLOCK_SKEW_SECONDS)) return countFromNow(deps, record, now);
  if (record.state === 'verifying') {
    return (await askAgain(deps, record)) ? 'finished' : 'nothing';
  }
  // While its requests are valid, the publisher may be at work. After that, the sweep publishes a
  // complete file for a publisher that was lost.
  if (addSeconds(touched, deps.limits.uploadTtlSeconds) > now) return 'nothing';
  if (record.plan.method === 'single' && (await finish(deps, record))) return 'finished';
  if (addSeconds(touched, deps.limits.uploadRetentionSeconds) > now) return 'nothing';
  const expected = {
    attemptId: record.attemptId,
    states: ['pending'],
    touchedAt: record.touchedAt,
  } as const;
  if (!(await deps.catalog.removePackage(record, expected))) return 'nothing';
  await removeBytesOf(storeOf(deps, record), record);
  return 'expired';
}

/**
 * @returns false if the store has to keep the bytes for a time. The caller of the delete got that
 *   error; a later sweep tries again
 */
async function purge(deps: UploadDeps, record: PackageRecord): Promise<boolean> {
  try {
    await finishDelete(deps, record);
    return true;
  } catch (error) {
    if (isServiceError(error, 'RETAINED')) return false;
    throw error;
  }
}

/** @returns whether there was something to finish */
async function finish(deps: UploadDeps, record: PackageRecord): Promise<boolean> {
  try {
    await completeUpload(deps, record);
    return true;
  } catch (error) {
    if (isServiceError(error, 'NOT_UPLOADED', 'NOT_FOUND')) return false;
    if (isServiceError(error, 'INTEGRITY', 'KEY_OCCUPIED', 'NOT_SUPPORTED', 'SEALED')) return true;
    throw error;
  }
}

/**
 * A migration may be copying a published package into this store. Its parts are left alone for as
 * long as an idle upload is kept.
 */
function mayBeMigration(
  deps: UploadDeps,
  owner: PackageRecord,
  store: BlobStore,
  { key, startedAt }: Leftover,
): boolean {
  const isElsewhere = owner.key === key && owner.store !== store.name;
  return (
    PUBLISHED.includes(owner.state) &&
    isElsewhere &&
    addSeconds(startedAt, deps.limits.uploadRetentionSeconds) > deps.clock()
  );
}

/**
 * Removes a leftover that no upload needs: parts by upload id, bytes by the attempt that sent them.
 */
async function sweepLeftover(
  deps: UploadDeps,
  store: BlobStore,
  leftover: Leftover,
): Promise<SweepOutcome> {
  const { key, uploadId, attemptId } = leftover;
  const owner = await deps.catalog.getPackage(parsePackageKey(key));
  const underWay = owner?.key === key && UNDER_WAY.includes(owner.state);
  if (uploadId !== undefined) {
    if (
      underWay &&
      owner.plan.method === 'multipart' &&
      isSameUpload(uploadId, owner.plan.uploadId)
    ) {
      return 'nothing';
    }
    if (owner !== undefined && mayBeMigration(deps, owner, store, leftover)) return 'nothing';
    await store.abortMultipart({ key, uploadId });
    return 'leftovers';
  }
  if (underWay && owner.attemptId === attemptId) return 'nothing';
  // A deleted record owns nothing: these bytes came from a request that was sent again after the
  // delete.
  const published =
    owner?.key === key && owner.attemptId === attemptId && PUBLISHED.includes(owner.state);
  if (!published && attemptId !== undefined) await removeAttempt(store, key, attemptId);
  // Bytes of a new attempt may have arrived meanwhile, and their arrival note must stay.
  const stored = await statOfOurs(store, key);
  if (stored === undefined || stored.attemptId === attemptId) await store.settle(key);
  return 'leftovers';
}
