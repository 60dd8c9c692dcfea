/** Asks the catalog for the gateway: which bytes are published, and which uploads are open. */
import { type PackageKey, parsePackageKey } from '../core/names.ts';
import type { Catalog } from '../core/ports/catalog.ts';
import { damagedError } from '../core/reading/links.ts';

/**
 * The ETag of the bytes that were published under the key in this store. Undefined if no record
 * names bytes there.
 * @throws INTEGRITY when they are damaged
 */
export async function readPublishedEtag(
  catalog: Pick<Catalog, 'getPackage'>,
  key: PackageKey,
  store: string,
): Promise<string | undefined> {
  const record = await catalog.getPackage(parsePackageKey(key));
  if (record?.key !== key) return undefined;
  if (record.store === store) {
    if (record.damage !== undefined) throw damagedError(record);
    return record.blob?.etag;
  }
  // Links to the copy that a migration left behind work until they expire.
  return record.movedFrom?.store === store ? record.movedFrom.blob.etag : undefined;
}

/**
 * Whether an upload is still open. False once the attempt was completed, aborted, rejected or
 * replaced, or the package was deleted.
 */
export async function isUnderWay(
  catalog: Pick<Catalog, 'getPackage'>,
  key: PackageKey,
  attemptId: string,
): Promise<boolean> {
  const record = await catalog.getPackage(parsePackageKey(key));
  return record?.state === 'pending' && record.key === key && record.attemptId === attemptId;
}
