/** Opens the catalog of a server on this machine, checks it, and claims it for this server. */
import { statSync } from 'node:fs';
import { ServiceError } from '../../core/errors.ts';
import type { Settings, SqliteCatalogConfig } from '../../core/settings.ts';
import type { Log } from '../../service/host/log.ts';
import { describeBroken } from '../../storage/sqlite/safety/broken-records.ts';
import { type CatalogReport, describeFaults } from '../../storage/sqlite/safety/check-catalog.ts';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import { matchMarker, requireNoTraces } from './catalog-marker.ts';
import type { ServicePaths } from './first-start.ts';

export interface ServedCatalog {
  readonly catalog: SqliteCatalog;
  /** Whether there was no catalog before. */
  readonly isNew: boolean;
  /** Whether the file was too large to check at the start, so that the upkeep must check it. */
  readonly isUnchecked: boolean;
}

/** About 400,000 packages, which take some seconds. A larger file would keep clients waiting. */
const CHECKED_AT_START_BYTES = 256 * 1024 * 1024;

/**
 * @throws UNAVAILABLE when the catalog is lost or damaged, CONFLICT when it belongs to another
 *   storage
 */
export async function openServedCatalog(
  { path }: SqliteCatalogConfig,
  settings: Settings,
  paths: ServicePaths,
  log: Log,
): Promise<ServedCatalog> {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const isLocal = [settings.storage, settings.fallback].some(
    (storage) => storage?.type === 'local',
  );
  if (bytes === 0 && (await requireNoTraces(path, paths, isLocal))) {
    log.warn(
      { path },
      'there is no catalog, but no published file either: begins with an empty one',
    );
  }
  const catalog = SqliteCatalog.open({
    path,
    keepReserve: true,
    onBroken: (record) =>
      log.error({ record: record.name, table: record.table }, describeBroken(record)),
  });
  try {
    const isUnchecked = bytes > CHECKED_AT_START_BYTES;
    if (!isUnchecked) {
      const report = catalog.file.examine();
      if (report.faults.length > 0)
        throw new ServiceError('UNAVAILABLE', describeFaults(`catalog ${path}`, report));
      logReport(log, report);
    }
    await matchMarker(catalog, path, paths);
    await catalog.file.claim();
    return { catalog, isNew: bytes === 0, isUnchecked };
  } catch (error) {
    await catalog.close();
    throw error;
  }
}

/** Logs the result of a check. Broken records were already logged one by one. */
export function logReport(log: Log, { indexFaults, broken, aliasOnly }: CatalogReport): void {
  if (indexFaults.length > 0)
    log.warn(
      { indexFaults },
      'indexes of the catalog did not fit its records, and were made again',
    );
  if (broken.length > 0) {
    const advice =
      'they are answered with 500 and left out of lists; stop the service and run: stowage catalog rebuild';
    log.error({ broken: broken.length }, `records of the catalog are broken; ${advice}`);
  }
  if (aliasOnly > 0)
    log.info(
      { aliasOnly },
      'files of an earlier release have the filename of another file of their version: they are reached by their alias alone, /packages/VERSION/PACKAGE.EXT',
    );
}
