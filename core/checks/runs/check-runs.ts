/** Runs the checks of a version: at once where little must be read, otherwise in the background. */
import type { ChannelPolicy, CheckResult, CheckRun } from '../../checked.ts';
import type { Clock } from '../../clock.ts';
import { isServiceError, ServiceError } from '../../errors.ts';
import type { ChannelName, VersionId } from '../../names.ts';
import type { BlobStore } from '../../ports/blob-store.ts';
import type { Catalog } from '../../ports/catalog.ts';
import type { Stores } from '../../ports/stores.ts';
import { historyOf } from '../../reading/channels.ts';
import { type ChannelRecord, PUBLISHED } from '../../records.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import { checkVersion, hasPassed } from '../check-version.ts';
import type { BundleVerifier } from '../signatures/bundle-verifier.ts';
import { checkIdOf } from './check-id.ts';
import type { CheckQueue } from './check-queue.ts';
import { RecordFiles, type RecordFilesDeps } from './record-files.ts';

export interface RunDeps extends Stores<Pick<BlobStore, 'name' | 'get'>> {
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/** What the background has beside. */
export interface BackgroundDeps extends RunDeps {
  /** Loaded where a channel asks for it. */
  readonly loadBundleVerifier: () => Promise<BundleVerifier>;
}

export interface CheckDeps extends RunDeps {
  readonly checkQueue: CheckQueue;
}

export interface CheckWish {
  readonly versionId: VersionId;
  /** Whose earlier versions are looked at, too. */
  readonly channel?: ChannelName | undefined;
  readonly policy: ChannelPolicy;
}

/** A request on AWS ends after 29 s. */
export const READ_AT_ONCE_BYTES = 16 * 1024 * 1024;
/** What could not be read is tried again after this time: it may have been repaired. */
const UNREADABLE_SECONDS = 60;
/** Keeps a record below what an item of DynamoDB takes. */
const CHECKS_MAX_BYTES = 256 * 1024;

class NotAtOnce extends Error {}

/** Bundles are verified in the background alone, which has the code for it. */
const LATER: BundleVerifier = {
  verify: async () => {
    throw new NotAtOnce();
  },
};

/**
 * What the checks find, or a run that goes on in the background. Results of before count where
 * neither files nor policy have changed.
 */
export async function check(
  deps: CheckDeps,
  wish: CheckWish,
  current: ChannelRecord | undefined,
): Promise<CheckRun> {
  const { files, run, kept } = await open({ ...deps, ...upTo(READ_AT_ONCE_BYTES) }, wish, current);
  if (kept !== undefined && (await stillCounts(deps, kept, files))) return kept;
  try {
    const done = await finish(deps, run, files, LATER);
    await keepIfRoom(deps, done);
    return done;
  } catch (error) {
    if (!(error instanceof NotAtOnce)) throw error;
    await start(deps, run);
    return run;
  }
}

/**
 * What the checks find at once: they skip what must read large files. Results of before, which did
 * not, count here, too.
 */
export async function checkAtOnce(
  deps: CheckDeps,
  wish: CheckWish,
  current: ChannelRecord | undefined,
): Promise<CheckRun> {
  const { beforeReading, left } = upTo(READ_AT_ONCE_BYTES);
  const mayHash = (bytes: number) => bytes <= left();
  const { files, run, kept } = await open({ ...deps, beforeReading, mayHash }, wish, current);
  if (kept?.state === 'done' && (await stillCounts(deps, kept, files))) return kept;
  try {
    return await finish(deps, run, files, LATER);
  } catch (error) {
    if (!(error instanceof NotAtOnce)) throw error;
    const detail = 'the feeds are too large to be read at once; check them with stowage check';
    return {
      ...run,
      state: 'done',
      passed: true,
      checks: [{ check: 'stored-bytes', verdict: 'skipped', detail }],
    };
  }
}

function upTo(most: number) {
  let left = most;
  const beforeReading = (bytes: number) => {
    left -= bytes;
    if (left < 0) throw new NotAtOnce();
  };
  return { beforeReading, left: () => left };
}

async function open(
  deps: RecordFilesDeps & CheckDeps,
  { versionId, channel, policy }: CheckWish,
  current: ChannelRecord | undefined,
) {
  const files = await RecordFiles.open(deps, versionId, earlierOf(current, versionId));
  const checkId = checkIdOf(files, channel, policy);
  const run: CheckRun = {
    ...{ checkId, versionId, policy },
    ...withoutUndefined({ channel }),
    ...{ state: 'running', startedAt: deps.clock().toISOString() },
  };
  return { files, run, kept: await deps.catalog.getCheckRun(checkId) };
}

/** A run that did not reach the queue must not be waited for. */
async function start({ catalog, checkQueue }: CheckDeps, run: CheckRun): Promise<void> {
  await catalog.putCheckRun(run);
  try {
    await checkQueue.enqueueCheck(run.checkId);
  } catch (error) {
    await catalog.putCheckRun({ ...run, state: 'outdated' });
    throw error;
  }
}

/**
 * Runs what `check` left to the background, and keeps the digests that it computes. Repeatable, also in
 * several processes.
 * @returns the run as it is now; undefined if there is none
 */
export async function runCheck(
  deps: BackgroundDeps,
  checkId: string,
): Promise<CheckRun | undefined> {
  const run = await deps.catalog.getCheckRun(checkId);
  if (run?.state !== 'running') return run;
  const { versionId, channel, policy } = run;
  const current = channel === undefined ? undefined : await deps.catalog.getChannel(channel);
  const keepDigests: RecordFilesDeps['keepDigests'] = async (record, digests) => {
    const published = { attemptId: record.attemptId, states: PUBLISHED };
    await deps.catalog.changePackage(record, published, { digests });
  };
  const earlier = earlierOf(current, versionId);
  const files = await RecordFiles.open({ ...deps, keepDigests }, versionId, earlier);
  const verifier = policy.sigstore === undefined ? LATER : await deps.loadBundleVerifier();
  const ended =
    checkIdOf(files, channel, policy) === checkId
      ? await finish(deps, run, files, verifier)
      : { ...run, state: 'outdated' as const, endedAt: deps.clock().toISOString() };
  await deps.catalog.putCheckRun(ended);
  return ended;
}

/** @throws NOT_FOUND */
export async function getCheck(
  { catalog }: Pick<RunDeps, 'catalog'>,
  versionId: VersionId,
  checkId: string,
): Promise<CheckRun> {
  const run = await catalog.getCheckRun(checkId);
  if (run?.versionId === versionId) return run;
  throw new ServiceError('NOT_FOUND', `version ${versionId} has no checks ${checkId}`);
}

async function finish(
  deps: RunDeps,
  run: CheckRun,
  files: RecordFiles,
  verifier: BundleVerifier,
): Promise<CheckRun> {
  const checks = await resultsOf(files, run.policy, verifier);
  return {
    ...run,
    state: 'done',
    endedAt: deps.clock().toISOString(),
    ...(hasPassed(checks) && { passed: true }),
    checks: within(checks, CHECKS_MAX_BYTES),
    ...withoutUndefined({ earlier: files.lookups }),
  };
}

async function resultsOf(
  files: RecordFiles,
  policy: ChannelPolicy,
  verifier: BundleVerifier,
): Promise<readonly CheckResult[]> {
  try {
    return await checkVersion(files, policy, verifier);
  } catch (error) {
    if (!isServiceError(error, 'INTEGRITY', 'NOT_FOUND', 'CONFLICT')) throw error;
    const detail = `${error.message}; let an admin run stowage verify, and repair the stored file`;
    return [{ check: 'stored-bytes', verdict: 'failed', detail }];
  }
}

async function stillCounts(
  { clock, checkQueue }: CheckDeps,
  { state, startedAt, endedAt, checks = [], earlier }: CheckRun,
  files: RecordFiles,
): Promise<boolean> {
  const secondsSince = (time: string) => (clock().getTime() - Date.parse(time)) / 1000;
  if (state === 'running') return secondsSince(startedAt) < (checkQueue.patienceSeconds ?? 0);
  if (state === 'outdated') return false;
  const isUnreadable = checks.some((one) => one.check === 'stored-bytes');
  if (isUnreadable && secondsSince(endedAt ?? startedAt) >= UNREADABLE_SECONDS) return false;
  return files.isAsBefore(earlier);
}

/** On a full disk a channel can still be moved: only what is found is not kept then. */
async function keepIfRoom({ catalog }: RunDeps, run: CheckRun): Promise<void> {
  if (run.checks?.length === 0) return;
  try {
    await catalog.putCheckRun(run);
  } catch (error) {
    if (!isServiceError(error, 'OUT_OF_SPACE')) throw error;
  }
}

/** The versions that the channel remembers beside this one, the newest first. */
function earlierOf(current: ChannelRecord | undefined, versionId: VersionId): readonly VersionId[] {
  const moves = current === undefined ? [] : historyOf(current);
  return moves.map((move) => move.versionId).filter((one) => one !== versionId);
}

/** As many results as fit, what failed first; the last one says how many were left out. */
export function within(checks: readonly CheckResult[], most: number): readonly CheckResult[] {
  const sizes = checks.map((one) => Buffer.byteLength(JSON.stringify(one)));
  if (sizes.reduce((sum, size) => sum + size, 0) <= most) return checks;
  const failed = checks.filter(({ verdict }) => verdict === 'failed');
  const listed: CheckResult[] = [];
  let bytes = 0;
  for (const one of [...failed, ...checks.filter(({ verdict }) => verdict !== 'failed')]) {
    bytes += Buffer.byteLength(JSON.stringify(one));
    if (bytes > most) break;
    listed.push(one);
  }
  const [first] = failed.length > 0 ? failed : checks;
  const leftOut = checks.length - listed.length;
  const check = first?.check ?? 'stored-bytes';
  const verdict = listed.length < failed.length ? 'failed' : 'skipped';
  return [...listed, { check, verdict, detail: `${leftOut} more results are not listed` }];
}
