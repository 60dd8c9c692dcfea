/** Which feeds of channels name files: clients read the feed, and then ask for those files. */
import { coversVersion, type Principal } from '../access/access.ts';
import { ServiceError } from '../errors.ts';
import type { PackageRef, VersionId } from '../names.ts';
import { isReadByClients } from '../naming/feeds.ts';
import { publicNameOf } from '../naming/filenames.ts';
import { NamesInText } from '../naming/names-in-text.ts';
import { type Catalog, everyItem, everyPackage } from '../ports/catalog.ts';
import type { SmallFiles } from '../ports/small-files.ts';
import { versionsOf } from '../reading/channels.ts';
import {
  type ChannelRecord,
  EVER_PUBLISHED,
  type NamingFeed,
  type PackageRecord,
  PUBLISHED,
} from '../records.ts';

export interface NamingDeps {
  readonly catalog: Pick<Catalog, 'listChannels' | 'listPackages' | 'findInVersions'>;
  readonly smallFiles: SmallFiles;
}

/** Which of the files are named, and where. */
export interface Named {
  readonly filenames: readonly string[];
  readonly feeds: readonly NamingFeed[];
}

/** Larger lists, as large apt repositories have them, are not read. */
const FEED_BYTES_MAX = 8 * 1024 * 1024;
/** As `Catalog.findInVersions` takes them. */
const VERSIONS_AT_ONCE = 20;

/** The files of a version among `names` that feeds name by which clients get them; a feed names itself. */
export async function findNamed(
  deps: NamingDeps,
  versionId: VersionId,
  names: readonly string[],
): Promise<Named> {
  const filenames = new Set<string>();
  const feeds: NamingFeed[] = [];
  for await (const channel of everyItem((page) => deps.catalog.listChannels(page))) {
    if (!versionsOf(channel).includes(versionId)) continue;
    for (const feed of await feedsOf(deps, channel)) {
      const named = await namesIn(deps, channel, feed, versionId, names);
      if (named.length === 0) continue;
      for (const name of named) filenames.add(name);
      const filename = publicNameOf(feed);
      feeds.push({ channel: channel.channel, versionId: feed.versionId, filename });
    }
  }
  return { filenames: [...filenames], feeds };
}

/** What is available to the clients of a channel, of the version that it points at and the one that it rolls out. */
async function feedsOf(
  { catalog }: NamingDeps,
  { versionId, rollout, policy }: ChannelRecord,
): Promise<readonly PackageRecord[]> {
  const feeds: PackageRecord[] = [];
  const served = new Set([versionId, ...(rollout === undefined ? [] : [rollout.versionId])]);
  for (const one of served)
    for await (const record of everyPackage(catalog, one, PUBLISHED)) {
      const name = publicNameOf(record);
      if (isReadByClients(name) || policy?.feedNames?.includes(name) === true) feeds.push(record);
    }
  return feeds.sort((a, b) => (publicNameOf(a) < publicNameOf(b) ? -1 : 1));
}

async function namesIn(
  deps: NamingDeps,
  channel: ChannelRecord,
  feed: PackageRecord,
  versionId: VersionId,
  names: readonly string[],
): Promise<readonly string[]> {
  const own = feed.versionId === versionId ? names.filter((one) => one === publicNameOf(feed)) : [];
  if (feed.state !== 'available' || feed.size > FEED_BYTES_MAX) return own;
  const others = names.filter((one) => !own.includes(one));
  if (others.length === 0) return own;
  const text = new NamesInText((await deps.smallFiles.read(feed)).toString('utf8'));
  const found = [...own];
  for (const name of others.filter((one) => text.has(one)))
    if (await leadsTo(deps, channel, name, versionId)) found.push(name);
  return found;
}

/** Below a channel, the newest version that ever published a name decides. */
async function leadsTo(
  { catalog }: NamingDeps,
  channel: ChannelRecord,
  name: string,
  versionId: VersionId,
): Promise<boolean> {
  if (channel.versionId === versionId) return true;
  const before = versionsOf(channel);
  const newer = before.slice(0, before.indexOf(versionId));
  for (let at = 0; at < newer.length; at += VERSIONS_AT_ONCE) {
    const found = await catalog.findInVersions(newer.slice(at, at + VERSIONS_AT_ONCE), name);
    if (found.some(({ state }) => EVER_PUBLISHED.includes(state))) return false;
  }
  return true;
}

/** The feeds of channels that a caller may see. */
export function seenBy(caller: Principal, feeds: readonly NamingFeed[]): readonly NamingFeed[] {
  return feeds.filter((feed) => coversVersion(caller, feed.versionId));
}

const FEEDS_LISTED = 5;

/**
 * Deleted bytes do not come back, so it is refused while clients are sent to them.
 * @throws IN_USE that lists the feeds
 */
async function requireUnnamed(
  deps: NamingDeps,
  caller: Principal,
  versionId: VersionId,
  names: readonly string[],
): Promise<void> {
  const { filenames, feeds } = await findNamed(deps, versionId, names);
  const [first] = filenames;
  if (first === undefined) return;
  const seen = seenBy(caller, feeds);
  const [files, are] = filenames.length === 1 ? ['file', 'is'] : ['files', 'are'];
  const what =
    names.length === 1
      ? `${first} is`
      : `${filenames.length} ${files} of version ${versionId} ${are}`;
  throw new ServiceError(
    'IN_USE',
    `${what} named by ${describeFeeds(seen)}: clients that read it could not download the ${files}. Point the channel at another version first, or delete it nevertheless with force`,
    { members: { feeds: seen } },
  );
}

/** As `requireUnnamed`, for one package; none is named that is not published. @throws IN_USE */
export async function requirePackageUnnamed(
  deps: NamingDeps & { readonly catalog: Pick<Catalog, 'getPackage'> },
  caller: Principal,
  ref: PackageRef,
): Promise<void> {
  const record = await deps.catalog.getPackage(ref);
  if (record === undefined || !PUBLISHED.includes(record.state)) return;
  await requireUnnamed(deps, caller, ref.versionId, [publicNameOf(record)]);
}

/** As `requireUnnamed`, for all that is published of a version. @throws IN_USE */
export async function requireVersionUnnamed(
  deps: NamingDeps,
  caller: Principal,
  versionId: VersionId,
): Promise<void> {
  await requireUnnamed(deps, caller, versionId, await publishedNames(deps, versionId));
}

/** The names of all that is published of a version. */
export async function publishedNames(
  { catalog }: Pick<NamingDeps, 'catalog'>,
  versionId: VersionId,
): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const record of everyPackage(catalog, versionId, PUBLISHED))
    names.push(publicNameOf(record));
  return names;
}

function describeFeeds(feeds: readonly NamingFeed[]): string {
  if (feeds.length === 0) return 'a feed of a channel that this token may not see';
  const listed = feeds
    .slice(0, FEEDS_LISTED)
    .map((one) => `${one.filename} of channel ${one.channel}`);
  const more = feeds.length - listed.length;
  return `${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
