/** Replaces the catalog with a backup while no server runs. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ServiceError } from '../../core/errors.ts';
import type { Settings } from '../../core/settings.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import { type Backup, listBackups } from '../../storage/sqlite/safety/backups.ts';
import {
  type CatalogReport,
  checkCatalogFile,
  describeFaults,
} from '../../storage/sqlite/safety/check-catalog.ts';
import { openCopy, removeDatabase } from '../../storage/sqlite/safety/salvage.ts';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import { matchMarker } from '../start/catalog-marker.ts';
import { catalogPlace, takePlace, whileStopped } from './stopped-server.ts';

export interface ListedBackup extends Backup {
  readonly isWhole: boolean;
}

/** The backups, newest first, with the result of a check of each. */
export function checkBackups(settings: Settings): readonly ListedBackup[] {
  const { paths } = catalogPlace(settings);
  return listBackups(paths.backups).map((backup) => {
    const { faults, broken } = checkCatalogFile(backup.path);
    return { ...backup, isWhole: faults.length + broken.length === 0 };
  });
}

export interface Restored {
  readonly from: string;
  readonly counts: CatalogReport['counts'];
  /** Where the former catalog is now. @default there was none */
  readonly setAside?: string;
}

/**
 * @param name the name of a backup, or the path of any catalog
 * @throws NOT_FOUND, INTERNAL when it is damaged, CONFLICT when the server runs or when it belongs
 *   to another storage
 */
export function restoreCatalog(settings: Settings, name: string, now: Date): Promise<Restored> {
  return whileStopped(settings, async ({ path, paths }) => {
    const from = [join(paths.backups, basename(name)), name].find((one) => existsSync(one));
    if (from === undefined) {
      throw new ServiceError(
        'NOT_FOUND',
        `there is no backup ${name}, neither in ${paths.backups} nor as a path`,
      );
    }
    const draft = `${path}.draft-${randomUUID()}`;
    try {
      const { db, report } = openCopy(from, draft);
      db.close();
      if (report.faults.length > 0)
        throw new ServiceError('INTERNAL', describeFaults(from, report));
      const catalog = SqliteCatalog.open({ path: draft });
      try {
        await matchMarker(catalog, path, paths);
      } finally {
        await catalog.close();
      }
      const aside = takePlace(draft, path, now);
      return { from, counts: report.counts, ...withoutUndefined({ setAside: aside }) };
    } finally {
      removeDatabase(draft);
    }
  });
}
