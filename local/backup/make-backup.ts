/** Makes a backup of a service on this machine, which may run meanwhile. */
import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ServiceError } from '../../core/errors.ts';
import { RELEASE } from '../../core/release.ts';
import type { Settings } from '../../core/settings.ts';
import { writeBackup } from '../../storage/sqlite/safety/backup-file.ts';
import { syncToDisk } from '../../storage/sqlite/safety/backups.ts';
import type { CatalogReport } from '../../storage/sqlite/safety/check-catalog.ts';
import { removeDatabase } from '../../storage/sqlite/safety/salvage.ts';
import { catalogPlace } from '../catalog/stopped-server.ts';
import { readServiceFiles } from './service-files.ts';

export interface MadeBackup {
  readonly path: string;
  readonly bytes: number;
  readonly madeAt: string;
  readonly counts: CatalogReport['counts'];
  /** The files of the service that are in it. */
  readonly files: readonly string[];
}

/**
 * @throws NOT_FOUND without a catalog, NOT_SUPPORTED for a table, ALREADY_EXISTS if `path` is taken,
 *   INTERNAL if the catalog is damaged; then there is no backup
 */
export function makeBackup(settings: Settings, path: string, now: Date): MadeBackup {
  const place = catalogPlace(settings);
  if (!existsSync(place.path))
    throw new ServiceError('NOT_FOUND', `there is no catalog at ${place.path}`);
  if (existsSync(path))
    throw new ServiceError('ALREADY_EXISTS', `${path} is there already: name another file`);
  if (!existsSync(dirname(path)))
    throw new ServiceError('NOT_FOUND', `there is no folder ${dirname(path)}`);
  const madeAt = now.toISOString();
  const draft = `${path}.draft-${randomUUID()}`;
  try {
    const files = readServiceFiles(place);
    const counts = writeBackup(place.path, files, { madeAt, release: RELEASE }, draft);
    renameSync(draft, path);
    syncToDisk(dirname(path));
    const { size: bytes } = statSync(path);
    return { path, bytes, madeAt, counts, files: files.map(({ name }) => name) };
  } finally {
    removeDatabase(draft);
  }
}
