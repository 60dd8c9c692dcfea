/**
 * Finds the files because of which a version cannot be rolled out beside another one: a feed of the
 * new version names them, and below the channel the name leads to other bytes.
 */
import { ServiceError } from '../errors.ts';
import type { VersionId } from '../names.ts';
import { isFeed, isReadByClients } from '../naming/feeds.ts';
import { publicNameOf } from '../naming/filenames.ts';
import { NamesInText } from '../naming/names-in-text.ts';
import { type Catalog, everyPackage } from '../ports/catalog.ts';
import type { SmallFiles } from '../ports/small-files.ts';
import { EVER_PUBLISHED, type PackageRecord, type PackageState } from '../records.ts';

export interface FeedReader {
  readonly catalog: Pick<Catalog, 'listPackages'>;
  readonly smallFiles: SmallFiles;
}

/** Together: a rollout of apt repositories, whose lists can be larger, reaches no client anyway. */
const MOST_FEED_BYTES = 8 * 1024 * 1024;
const MOST_NAMED = 10;

/**
 * Feeds themselves differ, and follow the client. Any other name leads to the channel's version, for
 * everyone: update clients send no id with the file.
 * @throws INTEGRITY that names the files
 */
export async function requireOwnNames(
  deps: FeedReader,
  rolledOut: VersionId,
  current: VersionId,
): Promise<void> {
  const files = await filesOf(deps, rolledOut, ['available']);
  const before = new Map<string, PackageRecord>();
  for (const record of await filesOf(deps, current, EVER_PUBLISHED))
    before.set(publicNameOf(record), record);
  const differing = files
    .filter((record) => isOther(record, before.get(publicNameOf(record))))
    .map(publicNameOf)
    .filter((name) => !isFeed(name));
  if (differing.length === 0) return;
  const feeds = files.filter((record) => isReadByClients(publicNameOf(record)));
  const texts = await textsOf(deps.smallFiles, feeds);
  const named = differing.filter((name) => texts.some((text) => text.has(name))).sort();
  if (named.length > 0) throw differsFrom(named, rolledOut, current);
}

/** What was deleted or yanked is not served, and hides the file of the other version. */
function isOther(record: PackageRecord, before: PackageRecord | undefined): boolean {
  if (before === undefined) return false;
  return before.state !== 'available' || before.sha256 !== record.sha256;
}

async function textsOf(
  smallFiles: SmallFiles,
  feeds: readonly PackageRecord[],
): Promise<readonly NamesInText[]> {
  const bytes = feeds.reduce((sum, { size }) => sum + size, 0);
  if (bytes > MOST_FEED_BYTES)
    throw new ServiceError(
      'NOT_SUPPORTED',
      `the feeds of the version have ${bytes} bytes; a rollout reads at most ${MOST_FEED_BYTES}`,
    );
  return Promise.all(
    feeds.map(async (feed) => new NamesInText((await smallFiles.read(feed)).toString('utf8'))),
  );
}

function differsFrom(
  named: readonly string[],
  rolledOut: VersionId,
  current: VersionId,
): ServiceError {
  const first = named.slice(0, MOST_NAMED).join(', ');
  const others = named.length > MOST_NAMED ? ` and ${named.length - MOST_NAMED} others` : '';
  return new ServiceError(
    'INTEGRITY',
    `a feed of ${rolledOut} names ${first}${others}, and ${current}, which the channel points at, has other bytes under that name: clients that read the new feed would get those; publish the files under names that hold the version`,
  );
}

async function filesOf(
  { catalog }: FeedReader,
  versionId: VersionId,
  states: readonly PackageState[],
): Promise<readonly PackageRecord[]> {
  const files: PackageRecord[] = [];
  for await (const record of everyPackage(catalog, versionId, states)) files.push(record);
  return files;
}
