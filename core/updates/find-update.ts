/**
 * Finds the version that an installation updates to: the channel's version, or one that the client
 * has to install before it.
 */
import { coversVersion, type Principal } from '../access/access.ts';
import { ServiceError } from '../errors.ts';
import type { VersionId } from '../names.ts';
import { type Catalog, everyItem } from '../ports/catalog.ts';
import { historyOf } from '../reading/channels.ts';
import type { ChannelRecord, PackageRecord, VersionRecord } from '../records.ts';
import { isNewer, type VersionNumber, versionNumberOf } from './version-numbers.ts';

export interface Update {
  readonly version: VersionRecord;
  readonly number: VersionNumber;
  /** What the client downloads. */
  readonly record: PackageRecord;
  /** The files of the version. */
  readonly records: readonly PackageRecord[];
}

type UpdateReader = Pick<Catalog, 'getVersion' | 'listPackages'>;

interface Candidate {
  readonly versionId: VersionId;
  readonly number: VersionNumber;
}

/** A channel, and the version of it that a client gets. */
export interface ChannelForClient {
  readonly channel: ChannelRecord;
  readonly versionId: VersionId;
}

/** More than any version has that update clients use. */
const MOST_FILES = 5000;

/**
 * The newest version that a client may install. That is the version that it gets of the channel; if its `minVersion` is
 * newer than the client, it is the newest version among those that the channel remembers whose
 * `minVersion` is not. No client is led to a version that is older than its own.
 * @param choose the file of a version for this client; undefined where there is none
 * @returns undefined where there is no update
 * @throws CONFLICT where the channel's version is no semantic version
 */
export async function findUpdate(
  catalog: UpdateReader,
  caller: Principal | undefined,
  { channel, versionId: clientVersion }: ChannelForClient,
  current: VersionNumber,
  choose: (records: readonly PackageRecord[]) => PackageRecord | undefined,
): Promise<Update | undefined> {
  const newest = newestOf(channel, clientVersion);
  if (!isNewer(newest.number, current)) return undefined;
  const [version, records] = await Promise.all([
    catalog.getVersion(newest.versionId),
    filesOf(catalog, newest.versionId),
  ]);
  if (version === undefined || version.draft === true) return undefined;
  if (mayInstall(version, current)) return updateTo(newest, version, records, choose);
  for (const candidate of between(channel, caller, current, newest.number)) {
    const before = await catalog.getVersion(candidate.versionId);
    if (before === undefined || before.draft === true || !mayInstall(before, current)) continue;
    const files = await filesOf(catalog, candidate.versionId);
    const update = updateTo(candidate, before, files, choose);
    if (update !== undefined) return update;
  }
  return undefined;
}

function newestOf({ channel }: ChannelRecord, versionId: VersionId): Candidate {
  const number = versionNumberOf(versionId);
  if (number !== undefined) return { versionId, number };
  throw new ServiceError(
    'CONFLICT',
    `channel ${channel} has ${versionId}, which is no semantic version: clients cannot compare theirs with it`,
  );
}

/** A `minVersion` that cannot be compared asks nothing of a client. */
function mayInstall({ minVersion }: VersionRecord, current: VersionNumber): boolean {
  const needed = minVersion === undefined ? undefined : versionNumberOf(minVersion);
  return needed === undefined || !isNewer(needed, current);
}

/** The versions that a channel remembers and a caller may see, between two, the newest first. */
function between(
  channel: ChannelRecord,
  caller: Principal | undefined,
  current: VersionNumber,
  newest: VersionNumber,
): readonly Candidate[] {
  const candidates = historyOf(channel).flatMap(({ versionId }): readonly Candidate[] => {
    const number = versionNumberOf(versionId);
    const isBetween = number !== undefined && isNewer(number, current) && isNewer(newest, number);
    const isSeen = caller === undefined || coversVersion(caller, versionId);
    return isBetween && isSeen ? [{ versionId, number }] : [];
  });
  return candidates.sort((one, other) => (isNewer(one.number, other.number) ? -1 : 1));
}

function updateTo(
  { number }: Candidate,
  version: VersionRecord,
  records: readonly PackageRecord[],
  choose: (records: readonly PackageRecord[]) => PackageRecord | undefined,
): Update | undefined {
  const record = choose(records);
  return record && { version, number, record, records };
}

async function filesOf(
  catalog: UpdateReader,
  versionId: VersionId,
): Promise<readonly PackageRecord[]> {
  const files: PackageRecord[] = [];
  const listed = everyItem((page) => catalog.listPackages(versionId, ['available'], page));
  for await (const record of listed) {
    if (record.damage === undefined) files.push(record);
    if (files.length >= MOST_FILES) break;
  }
  return files;
}
