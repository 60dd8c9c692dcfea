/** Puts a backup into a storage while no server runs on it. */
import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceError } from '../../core/errors.ts';
import type { Settings } from '../../core/settings.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import { type BackupContent, readBackup } from '../../storage/sqlite/safety/backup-file.ts';
import { removeDatabase } from '../../storage/sqlite/safety/salvage.ts';
import {
  type CatalogPlace,
  catalogPlace,
  takePlace,
  whileStopped,
} from '../catalog/stopped-server.ts';
import { makeStorageFolder } from '../start/first-start.ts';
import { readServiceFiles, writeServiceFiles } from './service-files.ts';

export interface RestoredBackup extends Pick<BackupContent, 'facts' | 'counts'> {
  readonly files: readonly string[];
  /** Where the former catalog is now. @default there was none */
  readonly setAside?: string;
}

export interface CheckedBackup extends Pick<BackupContent, 'facts' | 'counts'> {
  readonly files: readonly string[];
}

/** Reads a whole backup and checks every piece. @throws as `readBackup`, NOT_FOUND */
export function checkBackup(from: string, scratch: string): CheckedBackup {
  requireFile(from);
  const draft = join(scratch, `checked-${randomUUID()}.db`);
  try {
    const { facts, counts, parts } = readBackup(from, draft);
    return { facts, counts, files: parts.map(({ name }) => name) };
  } finally {
    removeDatabase(draft);
  }
}

/**
 * @param replace sets a catalog and keys that are there aside
 * @throws CONFLICT if a server runs, or if the storage has a catalog or keys and `replace` is false;
 *   as `checkBackup`; nothing is changed then
 */
export async function restoreBackup(
  settings: Settings,
  from: string,
  { replace, now }: { readonly replace: boolean; readonly now: Date },
): Promise<RestoredBackup> {
  requireFile(from);
  await makeStorageFolder(settings.storage.localPath);
  requireEmpty(catalogPlace(settings), replace);
  return whileStopped(settings, async (place) => {
    requireEmpty(place, replace);
    const draft = `${place.path}.draft-${randomUUID()}`;
    try {
      const { facts, counts, parts } = readBackup(from, draft);
      const stamp = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
      for (const { name } of readServiceFiles(place)) {
        const path = join(place.paths.folder, name);
        renameSync(path, `${path}.set-aside-${stamp}`);
      }
      // The catalog comes last: a start that finds none says so, and takes no key for another one.
      await writeServiceFiles(place, parts);
      const setAside = takePlace(draft, place.path, now);
      const files = parts.map(({ name }) => name);
      return { facts, counts, files, ...withoutUndefined({ setAside }) };
    } finally {
      removeDatabase(draft);
    }
  });
}

function requireFile(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return;
  throw new ServiceError('NOT_FOUND', `there is no backup ${path}`);
}

/** @throws CONFLICT */
function requireEmpty(place: CatalogPlace, replace: boolean): void {
  if (replace) return;
  const [first] = [
    ...(existsSync(place.path) ? [place.path] : []),
    ...readServiceFiles(place).map(({ name }) => join(place.paths.folder, name)),
  ];
  if (first === undefined) return;
  throw new ServiceError(
    'CONFLICT',
    `a service has used this storage: ${first} is there; name an empty one with STORAGE_LOCAL_PATH, or set its catalog and its keys aside with --replace`,
  );
}
