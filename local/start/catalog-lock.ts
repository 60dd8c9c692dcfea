/** The lock of a server on its catalog, so that two storages never share one; it ends with the process, however that ends. */

import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isServiceError, ServiceError } from '../../core/errors.ts';
import { OWN_FOLDER } from '../../core/layout.ts';
import { ServiceLock } from '../../storage/sqlite/service-lock.ts';
import { describeFault, errnoOf } from './file-faults.ts';
import { LOCK_NAME, type ServicePaths } from './first-start.ts';

/** @throws CONFLICT that names CATALOG_PATH where another server uses the catalog, UNAVAILABLE where its folder can't be used */
export async function lockCatalog(
  catalogPath: string,
  paths: ServicePaths,
): Promise<ServiceLock | undefined> {
  const lockPath = await lockPathOf(catalogPath, paths.folder);
  if (lockPath === undefined) return undefined;
  try {
    return ServiceLock.acquire(lockPath);
  } catch (error) {
    if (!isServiceError(error, 'CONFLICT')) throw error;
    throw new ServiceError(
      'CONFLICT',
      `CATALOG_PATH ${catalogPath} is in use by another server; stop that one, or give this one a catalog of its own`,
      { cause: error },
    );
  }
}

/**
 * Where the lock of a catalog lies: beside it, but the `.stowage` of a storage has one lock for all that is in it.
 * @returns undefined where that is the lock of the own storage
 */
async function lockPathOf(catalogPath: string, ownFolder: string): Promise<string | undefined> {
  try {
    const path = await withoutLinks(catalogPath);
    const folder = dirname(path);
    if (await isSameFolder(folder, ownFolder)) return undefined;
    return basename(folder) === OWN_FOLDER ? join(folder, LOCK_NAME) : `${path}.lock`;
  } catch (error) {
    throw new ServiceError(
      'UNAVAILABLE',
      `CATALOG_PATH ${catalogPath} can't be used: ${describeFault(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** One file has one lock, by whatever links it is reached; a catalog that is not there yet is named within its folder. */
async function withoutLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return join(await realpath(dirname(path)), basename(path));
  }
}

/** By what the file system says, which knows about mounts and about names that differ only in case. */
async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [left, right] = await Promise.all([one, other].map((path) => stat(path, { bigint: true })));
  return left !== undefined && left.dev === right?.dev && left.ino === right.ino;
}
