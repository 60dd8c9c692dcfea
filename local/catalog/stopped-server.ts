/**
 * Lets a command replace the catalog of a server on this machine. It holds the locks of that
 * server, so that the server cannot run.
 */
import { existsSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { isServiceError, ServiceError } from '../../core/errors.ts';
import type { Settings } from '../../core/settings.ts';
import { syncToDisk } from '../../storage/sqlite/safety/backups.ts';
import { ServiceLock } from '../../storage/sqlite/service-lock.ts';
import { lockCatalog } from '../start/catalog-lock.ts';
import { makeStorageFolder, type ServicePaths, servicePaths } from '../start/first-start.ts';

export interface CatalogPlace {
  readonly path: string;
  readonly paths: ServicePaths;
}

/** @throws NOT_SUPPORTED for a table, NOT_FOUND without a storage, CONFLICT when the server runs */
export async function whileStopped<Result>(
  settings: Settings,
  work: (place: CatalogPlace) => Promise<Result>,
): Promise<Result> {
  const { path, paths } = catalogPlace(settings);
  await makeStorageFolder(settings.storage.localPath);
  const locks: (ServiceLock | undefined)[] = [];
  try {
    locks.push(ServiceLock.acquire(paths.lock));
    locks.push(await lockCatalog(path, paths));
    return await work({ path, paths });
  } catch (error) {
    if (!isServiceError(error, 'CONFLICT') || locks.length === 2) throw error;
    throw new ServiceError(
      'CONFLICT',
      `a server is running on this storage; stop it first (${error.message})`,
      {
        cause: error,
      },
    );
  } finally {
    for (const lock of locks) lock?.release();
  }
}

/** @throws NOT_SUPPORTED for a table, NOT_FOUND when there is no such storage */
export function catalogPlace({ catalog, storage }: Settings): CatalogPlace {
  if (catalog.type !== 'sqlite') {
    throw new ServiceError(
      'NOT_SUPPORTED',
      'CATALOG_TYPE is dynamodb: the backups of a table are made by DynamoDB',
    );
  }
  if (!existsSync(storage.localPath)) {
    throw new ServiceError('NOT_FOUND', `there is no storage at ${storage.localPath}`);
  }
  return { path: catalog.path, paths: servicePaths(storage.localPath) };
}

/** Sets a catalog aside with its log files. @returns its new path, undefined if there was none */
function setAside(path: string, now: Date): string | undefined {
  const target = `${path}.set-aside-${now.toISOString().replace(/[-:]|\.\d{3}/g, '')}`;
  for (const end of ['-wal', '-shm']) {
    if (existsSync(`${path}${end}`)) renameSync(`${path}${end}`, `${target}${end}`);
  }
  if (!existsSync(path)) return undefined;
  renameSync(path, target);
  return target;
}

/** Replaces the catalog with `draft`, which must be closed. @returns the path of the former one */
export function takePlace(draft: string, path: string, now: Date): string | undefined {
  syncToDisk(draft);
  const aside = setAside(path, now);
  renameSync(draft, path);
  syncToDisk(dirname(path));
  return aside;
}
