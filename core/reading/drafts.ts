/** Drafts: versions of which readers see nothing until they are released. */
import type { VersionId } from '../names.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { PackageRecord } from '../records.ts';

/** Released versions that one process remembers; a release is for good. */
const VERSIONS_REMEMBERED = 10_000;

const released = new WeakMap<object, Set<VersionId>>();

/**
 * Whether readers may see a package. Only one that was published into a draft costs a read of its
 * version, and that only until the version is released.
 */
export async function isReleased(
  catalog: Pick<Catalog, 'getVersion'>,
  record: Pick<PackageRecord, 'versionId' | 'draft'>,
): Promise<boolean> {
  return record.draft !== true || isVersionReleased(catalog, record.versionId);
}

/** False for a draft, and for a version that is not there. */
async function isVersionReleased(
  catalog: Pick<Catalog, 'getVersion'>,
  versionId: VersionId,
): Promise<boolean> {
  const known = released.get(catalog) ?? new Set<VersionId>();
  released.set(catalog, known);
  if (known.has(versionId)) return true;
  const version = await catalog.getVersion(versionId);
  if (version === undefined || version.draft === true) return false;
  if (known.size >= VERSIONS_REMEMBERED) known.clear();
  known.add(versionId);
  return true;
}
