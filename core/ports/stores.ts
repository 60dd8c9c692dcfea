/**
 * Two stores served as one: new uploads go to one of them, and each record says which of the two
 * holds its bytes.
 */
import { ServiceError } from '../errors.ts';
import type { PackageRecord } from '../records.ts';
import type { BlobStore } from './blob-store.ts';

/** `Store` is a `BlobStore`, or the methods of it that a caller needs, with its name. */
export interface Stores<Store extends { readonly name: string } = BlobStore> {
  /** Where new uploads go. */
  readonly store: Store;
  /** The fallback store: where packages may be that were not migrated yet. */
  readonly fallback?: Store;
}

/**
 * The store that holds a record's bytes. An upload ends in the store where it began.
 * @throws UNAVAILABLE if it is neither of the two
 */
export function storeOf<Store extends { readonly name: string }>(
  stores: Stores<Store>,
  record: Pick<PackageRecord, 'key' | 'store'>,
): Store {
  const found = storeNamed(stores, record.store);
  if (found !== undefined) return found;
  const named = allStores(stores)
    .map(({ name }) => name)
    .join(' and ');
  throw new ServiceError(
    'UNAVAILABLE',
    `${record.key} is in the store ${record.store}, and this service has ${named}; name the other one in STORAGE_FALLBACK`,
  );
}

export function storeNamed<Store extends { readonly name: string }>(
  stores: Stores<Store>,
  name: string,
): Store | undefined {
  return allStores(stores).find((store) => store.name === name);
}

export function allStores<Store extends { readonly name: string }>({
  store,
  fallback,
}: Stores<Store>): readonly Store[] {
  return fallback === undefined ? [store] : [store, fallback];
}
