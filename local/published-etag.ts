/** What the catalog says of the file of a key: the gateway asks it before it sends one. */

import { type PackageKey, parsePackageKey } from '../core/names.ts';
import type { Catalog } from '../core/ports/catalog.ts';
import { damagedError } from '../core/reading/links.ts';

/**
 * The ETag of the bytes that were published under the key in this store. Undefined where no record names any there.
 * @throws INTEGRITY where they are damaged
 */
export async function publishedEtag(
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
