/** Turns a name into a signed request, for available packages only. This is the hot path. */
import { coversVersion, type Principal } from '../access/access.ts';
import { ServiceError } from '../errors.ts';
import type { PackageId, VersionId } from '../names.ts';
import { isFeed } from '../naming/feeds.ts';
import { publicNameOf } from '../naming/filenames.ts';
import type { BlobStore, SignedRequest } from '../ports/blob-store.ts';
import type { Catalog } from '../ports/catalog.ts';
import { type Stores, storeOf } from '../ports/stores.ts';
import { dispositionOf } from '../proof/proof.ts';
import { type ChannelRecord, EVER_PUBLISHED, type PackageRecord } from '../records.ts';
import type { Limits } from '../settings.ts';
import { versionsOf } from './channels.ts';
import { isReleased } from './drafts.ts';

/** The part of a store that links need. */
type LinkStore = Pick<BlobStore, 'name' | 'signDownload'>;

export interface LinkDeps extends Stores<LinkStore> {
  readonly catalog: Catalog;
  readonly limits: Pick<Limits, 'linkTtlSeconds'>;
}

interface Link {
  readonly record: PackageRecord;
  readonly request: SignedRequest;
}

/** One result of a batch: a link, or why there is none. */
export type LinkOutcome =
  | (Link & { readonly packageId: PackageId })
  | { readonly packageId: PackageId; readonly code: 'NOT_FOUND' | 'YANKED' | 'INTEGRITY' };

/** What reading a name needs. */
export type NameReader = Pick<Catalog, 'findPackage' | 'findInVersions' | 'getVersion'>;

/**
 * The package that a name of a version leads to: its filename or its alias.
 * @throws YANKED; INTEGRITY where its bytes are damaged; NOT_FOUND for whatever else is not available, all alike
 */
export async function findAvailable(
  catalog: Pick<NameReader, 'findPackage' | 'getVersion'>,
  versionId: VersionId,
  name: string,
): Promise<PackageRecord> {
  const record = await catalog.findPackage(versionId, name);
  if (record !== undefined && (await isReleased(catalog, record))) {
    if (record.state === 'available') return undamaged(record);
    if (record.state === 'yanked') throw yanked(record);
  }
  throw new ServiceError('NOT_FOUND', `version ${versionId} has no file ${shortenName(name)}`);
}

/**
 * The package that a name below a channel leads to. Feeds come from the client's version alone; any
 * other file, for all clients alike, from the first version among those that the channel serves, and
 * that the caller may see, that ever published it: clients that read an earlier feed ask for earlier
 * files.
 * @param clientVersion of which the client gets feeds. @default the channel's
 * @throws as `findAvailable`
 */
export async function findInChannel(
  catalog: NameReader,
  caller: Principal | undefined,
  channel: ChannelRecord,
  name: string,
  clientVersion = channel.versionId,
): Promise<PackageRecord> {
  const remembered = isFeed(name) ? [clientVersion] : versionsOf(channel);
  const visible = remembered.filter(
    (versionId) => caller === undefined || coversVersion(caller, versionId),
  );
  for (const record of await catalog.findInVersions(visible, name)) {
    if (!EVER_PUBLISHED.includes(record.state) || !(await isReleased(catalog, record))) continue;
    if (record.state === 'available') return undamaged(record);
    if (record.state === 'yanked') throw yanked(record);
    break;
  }
  throw new ServiceError(
    'NOT_FOUND',
    `channel ${channel.channel} has no file ${shortenName(name)}`,
  );
}

function shortenName(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name).slice(1, -1);
}

function undamaged(record: PackageRecord): PackageRecord {
  if (record.damage !== undefined) throw damagedError(record);
  return record;
}

/** The error that every kind of download of a damaged package gets. */
export function damagedError({ key, damage }: PackageRecord): ServiceError {
  return new ServiceError(
    'INTEGRITY',
    `the stored bytes of ${key} are damaged (found ${damage?.foundAt}), so they are not sent; ask the operator to restore the file`,
  );
}

function yanked(record: PackageRecord): ServiceError {
  const why = record.yankReason === undefined ? '' : `: ${record.yankReason}`;
  return new ServiceError(
    'YANKED',
    `${publicNameOf(record)} of version ${record.versionId} was yanked${why}`,
  );
}

/** Signs the download of an available package. */
export function signLink(
  deps: Pick<LinkDeps, 'store' | 'fallback' | 'limits'>,
  record: PackageRecord,
): Promise<SignedRequest> {
  const { contentType, blob } = record;
  const bound = blob === undefined ? {} : { etag: blob.etag };
  const terms = { contentType, contentDisposition: dispositionOf(record), ...bound };
  return storeOf(deps, record).signDownload(record.key, terms, deps.limits.linkTtlSeconds);
}

/** Links to many packages of a version, in the order asked, each signed for itself. */
export function signLinks(
  deps: LinkDeps,
  versionId: VersionId,
  packageIds: readonly PackageId[],
): Promise<readonly LinkOutcome[]> {
  return linkAll(deps.catalog, versionId, packageIds, (record) => signLink(deps, record));
}

/** What `link` makes of each package that is available, in the order asked. */
export async function linkAll(
  catalog: Pick<Catalog, 'getPackages' | 'getVersion'>,
  versionId: VersionId,
  packageIds: readonly PackageId[],
  link: (record: PackageRecord) => Promise<SignedRequest>,
): Promise<readonly LinkOutcome[]> {
  const records = await catalog.getPackages(versionId, packageIds);
  return Promise.all(
    packageIds.map(async (packageId, index): Promise<LinkOutcome> => {
      const record = records[index];
      if (record === undefined || !(await isReleased(catalog, record)))
        return { packageId, code: 'NOT_FOUND' };
      if (record.state !== 'available')
        return { packageId, code: record.state === 'yanked' ? 'YANKED' : 'NOT_FOUND' };
      if (record.damage !== undefined) return { packageId, code: 'INTEGRITY' };
      return { packageId, record, request: await link(record) };
    }),
  );
}
