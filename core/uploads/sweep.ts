/** The sweep: finishes or removes whatever a lost client, a killed process or a fault left behind. */

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
import type { PackageRecord } from '../records.ts';
import { completeUpload } from './complete-upload.ts';

export interface SweepReport {
  /** Uploads that were complete and are published (or on their way) now. */
  readonly finished: number;
  /** Uploads that nobody touched for too long: removed, the name is free. */
  readonly expired: number;
  /** Deleted packages whose bytes are gone now. */
  readonly purged: number;
  /** Things in the store that no upload under way needs: removed. */
  readonly leftovers: number;
  /** Stores that do not list uploads in parts, and what they said: what no record knows stays there. */
  readonly unlisted: readonly { readonly store: string; readonly error: unknown }[];
  /** What could not be dealt with, to be tried by the next sweep. */
  readonly failures: readonly { readonly key: string; readonly error: unknown }[];
  /** False where time ran out before everything was looked at. */
  readonly isWhole: boolean;
}

type Outcome = 'finished' | 'expired' | 'purged' | 'leftovers' | 'nothing';

/**
 * Repeatable, at any time.
 * @param graceSeconds leftovers younger than this may belong to an upload that is just being created; 0 where nothing else runs
 * @param hasTime asked before each piece of work
 */
export async function sweep(
  deps: UploadDeps,
  graceSeconds: number,
  hasTime: () => boolean = () => true,
): Promise<SweepReport> {
  const counts = { finished: 0, expired: 0, purged: 0, leftovers: 0, nothing: 0 };
  const failures: { key: string; error: unknown }[] = [];
  const attempt = async (key: string, work: () => Promise<Outcome>) => {
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

/** Times of last use that lie in the future are met, too. */
export const END_OF_TIME = '9999-12-31T23:59:59.999Z';

/** Clocks of servers that share a catalog may differ by this much. */
const CLOCK_SKEW_SECONDS = 300;

/** A clock that was wrong wrote this record: it counts as used now, and its retention begins. */
async function countFromNow(
  deps: UploadDeps,
  { touchedAt, ...record }: PackageRecord,
  now: Date,
): Promise<Outcome> {
  const expected = { attemptId: record.attemptId, states: [record.state], touchedAt };
  await deps.catalog.changePackage(record, expected, { touchedAt: now.toISOString() });
  return 'nothing';
}

async function sweepRecord(deps: UploadDeps, record: PackageRecord): Promise<Outcome> {
  if (record.state === 'deleted') {
    return (await purge(deps, record)) ? 'purged' : 'nothing';
  }
  const now = deps.clock();
  const touched = new Date(record.touchedAt);
  if (touched > addSeconds(now, CLOCK_SKEW_SECONDS)) return countFromNow(deps, record, now);
  if (record.state === 'verifying') {
    return (await askAgain(deps, record)) ? 'finished' : 'nothing';
  }
  // While its requests live, the publisher is at work; after that a complete file is published for a publisher that was lost.
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

/** @returns false where the store has to keep the bytes for a time: whoever deleted them has been told, and a later sweep comes again */
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
    if (isServiceError(error, 'INTEGRITY', 'KEY_OCCUPIED', 'NOT_SUPPORTED')) return true;
    throw error;
  }
}

/** A published package may be on its way into another store: those parts are nobody's but the mover's, for as long as an upload may rest. */
function mayBeMove(
  deps: UploadDeps,
  owner: PackageRecord,
  store: BlobStore,
  { key, startedAt }: Leftover,
): boolean {
  const isPublished = owner.state === 'available' || owner.state === 'yanked';
  const isElsewhere = owner.key === key && owner.store !== store.name;
  return (
    isPublished &&
    isElsewhere &&
    addSeconds(startedAt, deps.limits.uploadRetentionSeconds) > deps.clock()
  );
}

/** Removes what no upload under way owns: parts by upload id, bytes by the attempt that sent them. */
async function sweepLeftover(
  deps: UploadDeps,
  store: BlobStore,
  leftover: Leftover,
): Promise<Outcome> {
  const { key, uploadId, attemptId } = leftover;
  const owner = await deps.catalog.getPackage(parsePackageKey(key));
  const underWay = owner?.key === key && (owner.state === 'pending' || owner.state === 'verifying');
  if (uploadId !== undefined) {
    if (
      underWay &&
      owner.plan.method === 'multipart' &&
      isSameUpload(uploadId, owner.plan.uploadId)
    ) {
      return 'nothing';
    }
    if (owner !== undefined && mayBeMove(deps, owner, store, leftover)) return 'nothing';
    await store.abortMultipart({ key, uploadId });
    return 'leftovers';
  }
  if (underWay && owner.attemptId === attemptId) return 'nothing';
  // A deleted record owns nothing: a request that was sent again after the delete left these bytes.
  const publishedStates: readonly (string | undefined)[] = ['available', 'yanked'];
  const published =
    owner?.key === key && owner.attemptId === attemptId && publishedStates.includes(owner.state);
  if (!published && attemptId !== undefined) await removeAttempt(store, key, attemptId);
  // A new attempt's bytes may have come meanwhile: their note is not ours to take away.
  const stands = await statOfOurs(store, key);
  if (stands === undefined || stands.attemptId === attemptId) await store.settle(key);
  return 'leftovers';
}
