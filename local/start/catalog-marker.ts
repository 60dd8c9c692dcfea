/** The marker of a storage. It keeps a start from using a wrong or an empty catalog. */

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../../core/errors.ts';
import { errnoOf } from '../../storage/file-system.ts';
import type { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import { describeFault } from './file-faults.ts';
import type { ServicePaths } from './first-start.ts';
import { writePrivateFile } from './private-file.ts';

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @throws INVALID_INPUT when the marker is malformed, UNAVAILABLE when it cannot be read */
export async function readMarker({ catalogMarker }: ServicePaths): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(catalogMarker, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw new ServiceError(
      'UNAVAILABLE',
      `${catalogMarker} can't be read: ${describeFault(error)}`,
      { cause: error },
    );
  }
  const id = idIn(text);
  if (id !== undefined) return id;
  throw new ServiceError(
    'INVALID_INPUT',
    `${catalogMarker} must hold {"catalogId": "..."} with the id of this storage's catalog; put the right file back, or remove it to take the catalog that is there`,
  );
}

function idIn(text: string): string | undefined {
  try {
    const { catalogId } = JSON.parse(text) as { readonly catalogId?: unknown };
    return typeof catalogId === 'string' && ID.test(catalogId) ? catalogId : undefined;
  } catch {
    return undefined;
  }
}

async function writeMarker({ catalogMarker }: ServicePaths, catalogId: string): Promise<void> {
  await writePrivateFile(catalogMarker, `${JSON.stringify({ catalogId })}\n`);
}

/**
 * Gives storage and catalog the same id if one of them has none yet: the storage is new, or from a
 * release without markers.
 * @throws CONFLICT when their ids differ
 */
export async function matchMarker(
  catalog: SqliteCatalog,
  path: string,
  paths: ServicePaths,
): Promise<void> {
  const marked = await readMarker(paths);
  const own = catalog.file.catalogId;
  if (marked !== undefined && own !== undefined && marked !== own) {
    throw new ServiceError(
      'CONFLICT',
      `CATALOG_PATH ${path} is the catalog of another storage: its id is ${own}, ${paths.catalogMarker} names ${marked}; name the catalog of this storage, or remove ${paths.catalogMarker} to take this one`,
    );
  }
  const id = marked ?? own ?? randomUUID();
  if (own === undefined) await catalog.file.setCatalogId(id);
  if (marked === undefined) await writeMarker(paths, id);
}

/**
 * Called when there is no catalog, which is right for a new storage and for foreign files.
 * @returns whether a server used this storage before
 * @throws UNAVAILABLE when Stowage has published here, so that the catalog was lost
 */
export async function requireNoTraces(
  catalogPath: string,
  paths: ServicePaths,
  isLocal: boolean,
): Promise<boolean> {
  const marked = (await readMarker(paths)) !== undefined;
  const packages = join(paths.folder, '..', 'packages');
  const used = marked || [paths.adminToken, paths.signingKey].some((path) => existsSync(path));
  const isLost = isLocal ? used && (await holdsFiles(packages)) : marked;
  if (!isLost) return used;
  const seen = isLocal ? `${packages} holds files` : `${paths.catalogMarker} names it`;
  throw new ServiceError(
    'UNAVAILABLE',
    `the catalog ${catalogPath} is missing or empty, but Stowage has published here (${seen}): put the catalog back, restore a backup with stowage catalog restore, or make it again with stowage catalog rebuild; to begin with an empty one, move ${paths.folder} away`,
  );
}

async function holdsFiles(packages: string): Promise<boolean> {
  for (const version of await entriesOf(packages)) {
    if ((await entriesOf(join(packages, version))).length > 0) return true;
  }
  return false;
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return [];
    throw error;
  }
}
