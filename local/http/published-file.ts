/** Finds the file of a package on this machine, and refuses one that was changed since it was published: one rule for every way of sending it. */
import { ServiceError } from '../../core/errors.ts';
import type { PackageKey } from '../../core/names.ts';
import type { DiskStore } from '../../storage/disk/disk-store.ts';
import type { StoredFile } from '../../storage/disk/tree/package-tree.ts';

/** Of the stores, those that keep files on this machine. */
export type FileStore = Pick<DiskStore, 'fileFor'>;

/**
 * @param etag of the published bytes; undefined where nothing names them
 * @throws NOT_FOUND where the file is gone, CONFLICT where it was changed
 */
export async function publishedFile(
  store: FileStore,
  key: PackageKey,
  etag: string | undefined,
): Promise<StoredFile> {
  const file = await store.fileFor(key);
  if (file === undefined)
    throw new ServiceError('NOT_FOUND', `the bytes of ${key} are gone from the store`);
  if (etag === undefined || file.etag === etag) return file;
  throw new ServiceError(
    'CONFLICT',
    `the store holds other bytes under ${key} than were published`,
  );
}
