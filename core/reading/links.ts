/** Turns a name into a signed request, for available packages only. This is the hot path. */
import { coversVersion, type Principal } from '../access/access.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import { type ChannelName, type PackageId, parseFileName, type VersionId } from '../names.ts';
import type { BlobStore, SignedRequest } from '../ports/blob-store.ts';
import type { Catalog } from '../ports/catalog.ts';
import { type Stores, storeOf } from '../ports/stores.ts';
import { dispositionOf } from '../proof/terms.ts';
import type { ChannelRecord, PackageRecord } from '../records.ts';
import type { Limits } from '../settings.ts';

/** The part of a store that links need. */
export type LinkStore = Pick<BlobStore, 'name' | 'signDownload'>;

export interface LinkDeps extends Stores<LinkStore> {
  readonly catalog: Catalog;
  readonly limits: Pick<Limits, 'linkTtlSeconds'>;
}

export interface Link {
  readonly record: PackageRecord;
  readonly request: SignedRequest;
}

/** One result of a batch: a link, or why there is none. */
export type LinkOutcome =
  | (Link & { readonly packageId: PackageId })
  | { readonly packageId: PackageId; readonly code: 'NOT_FOUND' | 'YANKED' | 'INTEGRITY' };

/**
 * The package that `{packageId}.{ext}` of a version names.
 * @throws YANKED; INTEGRITY if its bytes are damaged; NOT_FOUND, always alike, if it is not
 *   available for another reason
 */
export async function findAvailable(
  catalog: Pick<Catalog, 'getPackage'>,
  versionId: VersionId,
  file: string,
): Promise<PackageRecord> {
  const { packageId, ext } = parseFile(file);
  const record = await catalog.getPackage({ versionId, packageId });
  if (record?.ext === ext) {
    if (record.state === 'available') return undamaged(record);
    if (record.state === 'yanked') throw yanked(record);
  }
  throw new ServiceError('NOT_FOUND', `version ${versionId} has no file ${file}`);
}

/** Text that is not formed like a file name names nothing. @throws NOT_FOUND */
function parseFile(file: string): ReturnType<typeof parseFileName> {
  try {
    return parseFileName(file);
  } catch (error) {
    if (!isServiceError(error, 'INVALID_INPUT')) throw error;
    throw new ServiceError('NOT_FOUND', error.message, { cause: error });
  }
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
    `${record.packageId}.${record.ext} of version ${record.versionId} was yanked${why}`,
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

/** Links to many packages of a version, in the order asked, each with its own signature. */
export async function signLinks(
  deps: LinkDeps,
  versionId: VersionId,
  packageIds: readonly PackageId[],
): Promise<readonly LinkOutcome[]> {
  const records = await deps.catalog.getPackages(versionId, packageIds);
  return Promise.all(
    packageIds.map(async (packageId, index): Promise<LinkOutcome> => {
      const record = records[index];
      if (record?.state !== 'available')
        return { packageId, code: record?.state === 'yanked' ? 'YANKED' : 'NOT_FOUND' };
      if (record.damage !== undefined) return { packageId, code: 'INTEGRITY' };
      return { packageId, record, request: await signLink(deps, record) };
    }),
  );
}

/**
 * Where a channel points.
 * @param caller undefined if downloads are public
 * @throws NOT_FOUND, also if the caller may not see that version, whose name is not revealed
 */
export async function resolveChannel(
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
