/**
 * Finds the file of a package on this machine, and refuses a file that was changed since it was
 * published.
 */
import { ServiceError } from '../../core/errors.ts';
import type { PackageKey } from '../../core/names.ts';
import type { DiskStore } from '../../storage/disk/disk-store.ts';
import type { StoredFile } from '../../storage/disk/tree/stored-file.ts';

/** A store that keeps files on this machine. */
export type FileStore = Pick<DiskStore, 'fileFor'>;

/**
 * @param etag the ETag of the published bytes; undefined if unknown
 * @throws NOT_FOUND when the file is gone, CONFLICT when it was changed
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
