/** Rollouts of a channel: starting, changing, completing and ending them. */
import { coversVersion, creatorOf, type Principal, requireVersion } from '../access/access.ts';
import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import type { ChannelName, VersionId } from '../names.ts';
import type { Catalog } from '../ports/catalog.ts';
import { type Gate, putChannel, requireTarget } from '../reading/channels.ts';
import type { ChannelMove, ChannelRecord, Rollout } from '../records.ts';
import { type FeedReader, requireOwnNames } from './shared-names.ts';

export interface RolloutDeps extends FeedReader {
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/** What a caller wants of a rollout. */
export interface RolloutWish {
  readonly versionId: VersionId;
  /** 0 to 100. */
  readonly percent: number;
  /** @default as it is, or the versionId: another group of clients comes first with each version */
  readonly seed?: string | undefined;
  /** @default as it is, or false */
  readonly paused?: boolean | undefined;
}

/** Others may change the same channel between a look and a write. */
const TRIES = 10;
/** Versions of ended rollouts whose files a channel still serves: clients may have read their feeds. */
const TRIED_REMEMBERED = 5;

/**
 * Gives a version to a share of the clients of a channel, or changes that share. Another version that
 * was rolled out ends.
 * @param gate called before a version is given to the first client, with the channel as if it moved there
 * @throws NOT_FOUND for an unknown channel, an unknown version or a draft; CONFLICT where the channel
 *   points at the version; INTEGRITY where names lead to other bytes; FORBIDDEN
 */
export async function putRollout(
  deps: RolloutDeps,
  caller: Principal,
  channel: ChannelName,
  wish: RolloutWish,
  gate: Gate = async () => {},
): Promise<ChannelRecord> {
  const { versionId } = wish;
  requireVersion(caller, versionId);
  await requireReleased(deps.catalog, versionId);
  return change(deps, channel, async (current) => {
    if (current === undefined) throw noChannel(channel);
    requireChannel(caller, current);
    if (current.versionId === versionId)
      throw new ServiceError('CONFLICT', `channel ${channel} points at ${versionId} already`);
    const { rollout: before, ...rest } = current;
    const same = before?.versionId === versionId ? before : undefined;
    if (same === undefined) {
      await requireOwnNames(deps, versionId, current.versionId);
      await gate(current, { ...rest, versionId });
    }
    const at = momentAfter(current, deps.clock);
    const replaced = same === undefined ? before : undefined;
    return {
      ...rest,
      ...triedAfter(current, replaced, { movedAt: at, movedBy: creatorOf(caller) }, versionId),
      updatedAt: at,
      rollout: rolloutAfter(same, wish, { startedAt: at, startedBy: creatorOf(caller) }),
    };
  });
}

/**
 * Points the channel at the version of its rollout, which ends with that.
 * @throws NOT_FOUND where there is none, CONFLICT where others change the channel, FORBIDDEN
 */
export async function completeRollout(
  deps: RolloutDeps,
  caller: Principal,
  channel: ChannelName,
): Promise<ChannelRecord> {
  const current = await deps.catalog.getChannel(channel);
  if (current === undefined) throw noChannel(channel);
  requireChannel(caller, current);
  const { rollout, versionId } = current;
  if (rollout === undefined)
    throw new ServiceError('NOT_FOUND', `channel ${channel} has no rollout`);
  const wish = { versionId: rollout.versionId, expectedVersionId: versionId };
  // It was checked before the first client got it.
  return putChannel(deps, caller, channel, wish);
}

/**
 * Ends a rollout: all clients get the channel's version. Repeatable.
 * @throws FORBIDDEN, CONFLICT where others change the channel
 */
export async function endRollout(
  deps: Pick<RolloutDeps, 'catalog' | 'clock'>,
  caller: Principal,
  channel: ChannelName,
): Promise<void> {
  await change(deps, channel, async (current) => {
    if (current?.rollout === undefined) return undefined;
    requireChannel(caller, current);
    const { rollout, ...rest } = current;
    const at = momentAfter(current, deps.clock);
    const tried = triedAfter(current, rollout, { movedAt: at, movedBy: creatorOf(caller) });
    return { ...rest, ...tried, updatedAt: at };
  });
}

function change(
  deps: Pick<RolloutDeps, 'catalog'>,
  channel: ChannelName,
  make: (current: ChannelRecord | undefined) => Promise<ChannelRecord>,
): Promise<ChannelRecord>;
function change(
  deps: Pick<RolloutDeps, 'catalog'>,
  channel: ChannelName,
  make: (current: ChannelRecord | undefined) => Promise<ChannelRecord | undefined>,
): Promise<ChannelRecord | undefined>;
/** @param make undefined: nothing is to be changed */
async function change(
  { catalog }: Pick<RolloutDeps, 'catalog'>,
  channel: ChannelName,
  make: (current: ChannelRecord | undefined) => Promise<ChannelRecord | undefined>,
): Promise<ChannelRecord | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const current = await catalog.getChannel(channel);
    const record = await make(current);
    if (record === undefined || (await catalog.putChannel(record, current ?? null))) return record;
  }
  throw new ServiceError('CONFLICT', `channel ${channel} is changed by others just now; try again`);
}

function rolloutAfter(
  before: Rollout | undefined,
  { versionId, percent, seed, paused }: RolloutWish,
  started: Pick<Rollout, 'startedAt' | 'startedBy'>,
): Rollout {
  const isPaused = paused ?? before?.paused ?? false;
  return {
    ...{ versionId, percent },
    seed: seed ?? before?.seed ?? versionId,
    ...(isPaused && { paused: true as const }),
    startedAt: before?.startedAt ?? started.startedAt,
    startedBy: before?.startedBy ?? started.startedBy,
  };
}

/** @param started a version that is being rolled out again is no former one */
function triedAfter(
  { triedVersions = [] }: ChannelRecord,
  ended: Rollout | undefined,
  move: Omit<ChannelMove, 'versionId'>,
  started?: VersionId,
): Pick<ChannelRecord, 'triedVersions'> {
  const others = triedVersions.filter(
    ({ versionId }) => versionId !== ended?.versionId && versionId !== started,
  );
  const first = ended === undefined ? [] : [{ versionId: ended.versionId, ...move }];
  const tried = [...first, ...others].slice(0, TRIED_REMEMBERED);
  return tried.length === 0 ? {} : { triedVersions: tried };
}

/** Later than the record, so that no two states of a channel are taken for the same. */
function momentAfter({ updatedAt }: ChannelRecord, clock: Clock): string {
  const earliest = Date.parse(updatedAt) + 1;
  return new Date(Math.max(clock().getTime(), earliest)).toISOString();
}

async function requireReleased(
  catalog: Pick<Catalog, 'getVersion'>,
  versionId: VersionId,
): Promise<void> {
  const version = await catalog.getVersion(versionId);
  if (version !== undefined && version.draft !== true) return;
  throw new ServiceError('NOT_FOUND', `there is no version ${versionId}`);
}

/** Who may not see a version of the channel changes nothing of it. @throws FORBIDDEN */
function requireChannel(caller: Principal, current: ChannelRecord): void {
  requireTarget(caller, current);
  const { rollout, channel } = current;
  if (rollout === undefined || coversVersion(caller, rollout.versionId)) return;
  throw new ServiceError(
    'FORBIDDEN',
    `this token is limited to versions matching ${caller.versions}, and channel ${channel} rolls out another`,
  );
}

function noChannel(channel: ChannelName): ServiceError {
  return new ServiceError(
    'NOT_FOUND',
    `there is no channel ${channel}: point it at a version before you roll out another`,
  );
}
