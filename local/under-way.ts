/** What the catalog tells the gateway, which knows none: whether anybody still waits for the bytes of an upload. */
import { type PackageKey, parsePackageKey } from '../core/names.ts';
import type { Catalog } from '../core/ports/catalog.ts';

/** False once the attempt was completed, aborted, rejected or replaced, and for a package that was deleted. */
export async function isUnderWay(
  catalog: Pick<Catalog, 'getPackage'>,
  key: PackageKey,
  attemptId: string,
): Promise<boolean> {
  const record = await catalog.getPackage(parsePackageKey(key));
  return record?.state === 'pending' && record.key === key && record.attemptId === attemptId;
}
