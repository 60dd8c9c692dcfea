/** How much the service stores: packages, bytes, and the room that is left. */
import type { Principal } from '../access/access.ts';
import { ServiceError } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import { withoutUndefined } from '../without-undefined.ts';

export interface StorageState {
  /** Available and yanked. */
  readonly packages: number;
  readonly bytes: number;
  /** Announced and not published yet. */
  readonly pendingBytes: number;
  /** @default the store has no limit that it could name */
  readonly freeBytes?: number;
}

export interface StorageDeps {
  readonly catalog: Pick<Catalog, 'publishedTotals' | 'pendingBytes'>;
  /** Bytes that uploads may still take on the disk of the store. */
  readonly freeBytes?: () => Promise<number>;
}

/**
 * @throws FORBIDDEN to a caller who may not see all versions, NOT_SUPPORTED where the catalog can't
 *   sum its records
 */
export async function readStorageState(
  { catalog, freeBytes }: StorageDeps,
  { versions }: Pick<Principal, 'versions'>,
): Promise<StorageState> {
  if (versions !== undefined)
    throw new ServiceError(
      'FORBIDDEN',
      `the figures are those of all versions, this token is limited to those matching ${versions}`,
    );
  const totals = await catalog.publishedTotals();
  const pending = await catalog.pendingBytes();
  const pendingBytes = [...pending.values()].reduce((sum, bytes) => sum + bytes, 0);
  return { ...totals, pendingBytes, ...withoutUndefined({ freeBytes: await freeBytes?.() }) };
}
