/** Locks the catalog for a server, so that no other uses it. The lock ends with the process. */

import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isServiceError, ServiceError } from '../../core/errors.ts';
import { OWN_FOLDER } from '../../core/layout.ts';
import { errnoOf } from '../../storage/file-system.ts';
import { ServiceLock } from '../../storage/sqlite/service-lock.ts';
import { describeFault } from './file-faults.ts';
import { LOCK_NAME, type ServicePaths } from './first-start.ts';

/**
 * @throws CONFLICT that names CATALOG_PATH when another server uses the catalog, UNAVAILABLE when
 *   its folder cannot be used
 */
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
 * The path of a catalog's lock: beside the catalog, or the lock of the storage if the catalog is in
 * a `.stowage`.
 * @returns undefined if that is the lock of this server's own storage
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

/** Resolves symbolic links, so that a file has one lock. The file itself need not exist yet. */
async function withoutLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return join(await realpath(dirname(path)), basename(path));
  }
}

/** Asks the file system, which knows mounts and names that differ only in case. */
async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [left, right] = await Promise.all([one, other].map((path) => stat(path, { bigint: true })));
  return left !== undefined && left.dev === right?.dev && left.ino === right.ino;
}
