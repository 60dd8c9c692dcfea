/** Channels: names that point at a version. */
import { coversVersion, hasScope, type Principal, requireVersion } from '../access/access.ts';
import type { ChannelPolicy } from '../checked.ts';
import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import type { ChannelName, VersionId } from '../names.ts';
import type { Catalog, Page, PageRequest } from '../ports/catalog.ts';
import type { ChannelMove, ChannelRecord } from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';

export interface ChannelDeps {
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/** A caller that is limited to versions sees the channels that point at one of them. */
export async function listChannels(
  deps: Pick<ChannelDeps, 'catalog'>,
  caller: Principal,
  page: PageRequest,
): Promise<Page<ChannelRecord>> {
  const found = await deps.catalog.listChannels(page);
  return {
    ...found,
    items: found.items.filter((channel) => coversVersion(caller, channel.versionId)),
  };
}

/** How many pages are searched for channels that a reader sees. */
const PAGES_SEARCHED = 10;

/**
 * The first channels that a reader of the public paths sees, by name.
 * @param isSeen whether the reader may open it
 */
export async function findChannels(
  catalog: Pick<Catalog, 'listChannels'>,
  isSeen: (channel: ChannelRecord) => boolean,
  most: number,
): Promise<readonly ChannelRecord[]> {
  const seen: ChannelRecord[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < PAGES_SEARCHED; pages++) {
    const page = await catalog.listChannels({ limit: most, ...withoutUndefined({ after }) });
    seen.push(...page.items.filter(isSeen));
    after = page.next;
    if (after === undefined || seen.length >= most) break;
  }
  return seen.slice(0, most);
}

/** What a caller wants of a channel. */
export interface ChannelWish {
  readonly versionId: VersionId;
  readonly expectedVersionId?: VersionId | undefined;
  /** Whether its downloads need no token. @default as it is */
  readonly isPublic?: boolean | undefined;
  /** What it asks of versions from now on. @default as it is */
  readonly policy?: ChannelPolicy | undefined;
}

/** Looks at a move before it is written, and throws where it must not be. */
export type Gate = (current: ChannelRecord | undefined, next: ChannelRecord) => Promise<void>;

/** Distinct versions that a channel remembers: clients that read an old feed still get the files that it names. */
const VERSIONS_REMEMBERED = 20;
/** Others may move the same channel between a look and a write. */
const TRIES = 10;

/**
 * Points a channel at a version, and remembers the versions before. Who is limited to versions may
 * take over only channels that point at one of them.
 * @param gate called before each try to write, with what will be overwritten
 * @throws NOT_FOUND for an unknown version or a draft, CONFLICT where the channel points elsewhere than expected, FORBIDDEN
 */
export async function putChannel(
  deps: ChannelDeps,
  caller: Principal,
  channel: ChannelName,
  wish: ChannelWish,
  gate: Gate = async () => {},
): Promise<ChannelRecord> {
  const { versionId, expectedVersionId, isPublic } = wish;
  requireVersion(caller, versionId);
  if (expectedVersionId !== undefined) requireVersion(caller, expectedVersionId);
  if (isPublic !== undefined) requireUnlimited(caller, 'a channel is opened or closed');
  const version = await deps.catalog.getVersion(versionId);
  if (version === undefined || version.draft === true) {
    throw new ServiceError('NOT_FOUND', `there is no version ${versionId}`);
  }
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const current = await deps.catalog.getChannel(channel);
    if (current !== undefined) requireTarget(caller, current);
    if (expectedVersionId !== undefined && current?.versionId !== expectedVersionId) {
      throw new ServiceError(
        'CONFLICT',
        `channel ${channel} points at ${current?.versionId ?? 'nothing'}, expected ${expectedVersionId}`,
      );
    }
    const policy = policyAfter(caller, current, wish);
    const opened = isPublic ?? current?.public ?? false;
    const movedAt = deps.clock().toISOString();
    const record: ChannelRecord = {
      channel,
      versionId,
      updatedAt: movedAt,
      ...(opened && { public: true }),
      ...withoutUndefined({ policy }),
      history: historyAfter(current, { versionId, movedAt, movedBy: caller.tokenId }),
      ...rolloutAfterMove(caller, current, versionId),
    };
    await gate(current, record);
    if (await deps.catalog.putChannel(record, current ?? null)) return record;
  }
  throw new ServiceError('CONFLICT', `channel ${channel} is moved by others just now; try again`);
}

/**
 * A token that may only move channels must not weaken what they ask; naming what is set already
 * changes nothing.
 */
function policyAfter(
  caller: Principal,
  current: ChannelRecord | undefined,
  { policy }: ChannelWish,
): ChannelPolicy | undefined {
  if (policy === undefined || textOf(policy) === textOf(current?.policy)) return current?.policy;
  requireUnlimited(caller, 'the policy of a channel is set');
  return Object.keys(policy).length === 0 ? undefined : policy;
}

function textOf(policy: ChannelPolicy = {}): string {
  return JSON.stringify(Object.entries(policy).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The versions that a channel points at and pointed at, the newest move first. */
export function historyOf(record: ChannelRecord): readonly ChannelMove[] {
  return record.history ?? [{ versionId: record.versionId, movedAt: record.updatedAt }];
}

/**
 * Every version whose files a channel serves: the one that it points at, the one that it rolls out,
 * and those before, the newest move first.
 */
export function versionsOf(record: ChannelRecord): readonly VersionId[] {
  const { versionId, rollout, triedVersions = [] } = record;
  const moves = historyOf(record);
  const before =
    triedVersions.length === 0 ? moves : [...moves, ...triedVersions].sort(newestFirst);
  const rolledOut = rollout === undefined ? [] : [rollout.versionId];
  return [...new Set([versionId, ...rolledOut, ...before.map((move) => move.versionId)])];
}

function newestFirst(one: ChannelMove, other: ChannelMove): number {
  if (one.movedAt === other.movedAt) return 0;
  return one.movedAt < other.movedAt ? 1 : -1;
}

/**
 * A move to another version than the one that is rolled out would take the rollout from its clients
 * without a word, so it is refused. A move to that version completes it.
 */
function rolloutAfterMove(
  caller: Principal,
  current: ChannelRecord | undefined,
  versionId: VersionId,
): Pick<ChannelRecord, 'rollout' | 'triedVersions'> {
  const tried = current?.triedVersions?.filter((move) => move.versionId !== versionId);
  const triedVersions = tried?.length === 0 ? undefined : tried;
  const rollout = current?.rollout;
  if (rollout === undefined || rollout.versionId === versionId)
    return withoutUndefined({ triedVersions });
  if (versionId === current?.versionId) return withoutUndefined({ rollout, triedVersions });
  const what = coversVersion(caller, rollout.versionId) ? rollout.versionId : 'another version';
  throw new ServiceError(
    'CONFLICT',
    `channel ${current?.channel} rolls out ${what}: complete or end that rollout before you point it elsewhere`,
  );
}

function historyAfter(
  current: ChannelRecord | undefined,
  move: ChannelMove,
): readonly ChannelMove[] {
  const before = current === undefined ? [] : historyOf(current);
  const others = before.filter(({ versionId }) => versionId !== move.versionId);
  return [move, ...others].slice(0, VERSIONS_REMEMBERED);
}

/**
 * @param caller undefined where downloads are public
 * @throws NOT_FOUND, also where the caller may not see the version that it points at, whose name is
 *   not revealed
 */
export async function getChannel(
  catalog: Pick<Catalog, 'getChannel'>,
  caller: Principal | undefined,
  channel: ChannelName,
): Promise<ChannelRecord> {
  const record = await catalog.getChannel(channel);
  const isSeen =
    record !== undefined && (caller === undefined || coversVersion(caller, record.versionId));
  if (isSeen) return record;
  throw new ServiceError('NOT_FOUND', `there is no channel ${channel}`);
}

/**
 * The channel as it was when it pointed at a version that it remembers: it remembers no other one.
 * @param caller undefined where downloads are public
 * @throws NOT_FOUND, also where the caller may not see that version
 */
export function atVersion(
  channel: ChannelRecord,
  caller: Principal | undefined,
  versionId: VersionId,
): ChannelRecord {
  const { rollout, triedVersions = [], ...rest } = channel;
  const rolledOut = rollout && { versionId: rollout.versionId, movedAt: rollout.startedAt };
  const moves = [...historyOf(channel), ...(rolledOut ? [rolledOut] : []), ...triedVersions];
  const move = moves.find((one) => one.versionId === versionId);
  if (move === undefined || (caller !== undefined && !coversVersion(caller, versionId)))
    throw new ServiceError(
      'NOT_FOUND',
      `channel ${channel.channel} does not remember version ${versionId}`,
    );
  return { ...rest, versionId, updatedAt: move.movedAt, history: [move] };
}

/** Who opens a channel gives its files to everyone. @throws FORBIDDEN */
function requireUnlimited(caller: Principal, what: string): void {
  if (!hasScope(caller.scopes, 'admin')) {
    throw new ServiceError(
      'FORBIDDEN',
      `${what} by scope admin, the token has ${caller.scopes.join(', ')}`,
    );
  }
  if (caller.versions === undefined) return;
  throw new ServiceError(
    'FORBIDDEN',
    `${what} by a token without a version pattern, this one is limited to ${caller.versions}`,
  );
}

/** Repeatable. @throws FORBIDDEN if the channel points beyond the caller's limit */
export async function deleteChannel(
  deps: Pick<ChannelDeps, 'catalog'>,
  caller: Principal,
  channel: ChannelName,
): Promise<void> {
  const current = await deps.catalog.getChannel(channel);
  if (current === undefined) return;
  requireTarget(caller, current);
  const guard = caller.versions === undefined ? undefined : current.versionId;
  if (await deps.catalog.deleteChannel(channel, guard)) return;
  throw new ServiceError('CONFLICT', `channel ${channel} was moved in the meantime; look again`);
}

/** The error does not name the version, which the caller may not see. @throws FORBIDDEN */
export function requireTarget(caller: Principal, current: ChannelRecord): void {
  if (coversVersion(caller, current.versionId)) return;
  throw new ServiceError(
    'FORBIDDEN',
    `this token is limited to versions matching ${caller.versions}, and channel ${current.channel} points at another`,
  );
}
