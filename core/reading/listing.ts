/** Reads records for a caller, who gets only what it may see. */
import { coversVersion, hasScope, type Principal } from '../access/access.ts';
import { ServiceError } from '../errors.ts';
import { type PackageRef, parseVersionId, VERSION_ID, type VersionId } from '../names.ts';
import { type Catalog, everyItem, type Page, type PageRequest } from '../ports/catalog.ts';
import {
  type PackageRecord,
  type PackageState,
  PUBLISHED,
  UNDER_WAY,
  type VersionRecord,
} from '../records.ts';
import { isReleased } from './drafts.ts';

const PUBLISHERS_SEE: readonly PackageState[] = [...UNDER_WAY, ...PUBLISHED, 'rejected'];
/** How many pages are searched for one answer to a caller that is limited to few versions. */
const PAGES_PER_ANSWER = 10;

/** Readers see what was published; publishers also see unfinished uploads. */
export function visibleStates(caller: Principal): readonly PackageState[] {
  return hasScope(caller.scopes, 'publish') ? PUBLISHERS_SEE : PUBLISHED;
}

/** Publishers fill drafts; readers see nothing of them. */
export function seesDrafts(caller: Principal | undefined): boolean {
  return caller !== undefined && hasScope(caller.scopes, 'publish');
}

/** @throws NOT_FOUND where there is none that the caller may see */
export async function getPackage(
  catalog: Catalog,
  caller: Principal,
  ref: PackageRef,
): Promise<PackageRecord> {
  const record = await catalog.getPackage(ref);
  const isVisible =
    record !== undefined &&
    visibleStates(caller).includes(record.state) &&
    (seesDrafts(caller) || (await isReleased(catalog, record)));
  if (isVisible) return record;
  throw new ServiceError('NOT_FOUND', `version ${ref.versionId} has no package ${ref.packageId}`);
}

/** @throws NOT_FOUND where there is no such version, or a draft that the caller does not see */
export async function getVersion(
  catalog: Pick<Catalog, 'getVersion'>,
  versionId: VersionId,
  withDrafts: boolean,
): Promise<VersionRecord> {
  const record = await catalog.getVersion(versionId);
  if (record !== undefined && (withDrafts || record.draft !== true)) return record;
  throw new ServiceError('NOT_FOUND', `there is no version ${versionId}`);
}

/** @throws NOT_FOUND where there is no such version, or a draft that the caller does not see */
export async function listPackages(
  catalog: Catalog,
  versionId: VersionId,
  states: readonly PackageState[],
  page: PageRequest,
  withDrafts: boolean,
): Promise<Page<PackageRecord>> {
  const found = await catalog.listPackages(versionId, states, page);
  const mayBeDraft = found.items.length === 0 || found.items.some(({ draft }) => draft === true);
  if (mayBeDraft && !(withDrafts && found.items.length > 0))
    await getVersion(catalog, versionId, withDrafts);
  return found;
}

/**
 * The packages of all versions that have these bytes and that the caller may see. A page may be
 * short and still have a next one.
 */
export async function findByDigest(
  catalog: Pick<Catalog, 'findByDigest' | 'getVersion'>,
  caller: Principal,
  sha256: string,
  page: PageRequest,
): Promise<Page<PackageRecord>> {
  const states = visibleStates(caller);
  const { items, ...found } = await catalog.findByDigest(sha256, page);
  const visible: PackageRecord[] = [];
  for (const record of items) {
    const isVisible =
      states.includes(record.state) &&
      coversVersion(caller, record.versionId) &&
      (seesDrafts(caller) || (await isReleased(catalog, record)));
    if (isVisible) visible.push(record);
  }
  return { ...found, items: visible };
}

/**
 * Every available package of a version, for answers that contain them all.
 * @param most if there are more, NOT_SUPPORTED is thrown, because the answer would be too large
 */
export async function allAvailable(
  catalog: Catalog,
  versionId: VersionId,
  most: number,
): Promise<readonly PackageRecord[]> {
  const records: PackageRecord[] = [];
  const readPage = (page: PageRequest) =>
    listPackages(catalog, versionId, ['available'], page, false);
  for await (const record of everyItem(readPage)) {
    records.push(record);
    if (records.length > most) {
      throw new ServiceError(
        'NOT_SUPPORTED',
        `version ${versionId} has more than ${most} packages; list them by page`,
      );
    }
  }
  return records;
}

/**
 * Versions that the caller may see (`caller` undefined: downloads are public). A page may be short
 * and still have a next one.
 */
export async function listVersions(
  catalog: Catalog,
  caller: Principal | undefined,
  page: PageRequest,
  withDrafts: boolean,
): Promise<Page<VersionRecord>> {
  const isVisible = (version: VersionRecord) =>
    (withDrafts || version.draft !== true) &&
    (caller === undefined || coversVersion(caller, version.versionId));
  if (caller?.versions !== undefined && !caller.versions.includes('*')) {
    const { items } = await onlyVersion(catalog, caller.versions);
    return { items: items.filter(isVisible) };
  }
  const items: VersionRecord[] = [];
  let after = page.after;
  for (let pages = 0; pages < PAGES_PER_ANSWER; pages++) {
    // The page is no larger than what is still wanted, so that nothing found is dropped and the
    // position is right.
    const limit = page.limit - items.length;
    const found = await catalog.listVersions({ limit, ...(after === undefined ? {} : { after }) });
    items.push(...found.items.filter(isVisible));
    after = found.next;
    if (after === undefined) return { items };
    if (items.length === page.limit) break;
  }
  return after === undefined ? { items } : { items, next: after };
}

/** A pattern without a wildcard names one version, or is no valid versionId. */
async function onlyVersion(catalog: Catalog, pattern: string): Promise<Page<VersionRecord>> {
  const record = VERSION_ID.test(pattern)
    ? await catalog.getVersion(parseVersionId(pattern))
    : undefined;
  return { items: record === undefined ? [] : [record] };
}
