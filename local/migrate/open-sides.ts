/** Opens the stores, the catalog and the journal of a migration. A server may be running. */

import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import envPaths from 'env-paths';
import { v7 as uuidv7 } from 'uuid';
import { OWN_FOLDER } from '../../core/layout.ts';
import type { Side } from '../../core/migrate/copy/copy.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import type { Journal } from '../../core/ports/journal.ts';
import type { CatalogConfig } from '../../core/settings.ts';
import { openCatalog } from '../../open/open-catalog.ts';
import { openStore } from '../../open/open-store.ts';
import type { StorePlace } from './store-place.ts';

export interface OpenSideOptions {
  /** Whether the store must not be changed. */
  readonly readOnly?: boolean | undefined;
  /** The storage class of new objects in a bucket. @default the bucket's own */
  readonly storageClass?: string | undefined;
}

/** @throws ServiceError that names the cause */
export async function openSide(where: StorePlace, options: OpenSideOptions = {}): Promise<Side> {
  const { place } = where;
  const settings =
    where.type === 's3'
      ? ({ type: 's3', ...where.s3 } as const)
      : ({ type: 'local', localPath: place } as const);
  // No URL is signed here, so any key and any address will do.
  const unused = { signingKey: randomBytes(32), publicUrl: 'http://localhost' };
  const common = { clock: () => new Date(), newId: uuidv7, recover: false };
  const { store, statements, probe } = await openStore(settings, {
    ...unused,
    ...common,
    ...options,
  });
  await probe();
  return { place, store, statements };
}

/** Opens the catalog and checks that it can be reached. @throws ServiceError */
export async function openProbedCatalog(config: CatalogConfig): Promise<Catalog> {
  const { catalog, probe } = await openCatalog(config, { isOwner: false });
  await probe();
  return catalog;
}

export interface JournalOptions {
  /**
   * @default a journal for these two stores (in both directions): in `.stowage` of `localPath` if
   *   that exists, else in the platform's folder for such files
   */
  readonly path?: string | undefined;
  readonly localPath: string;
  readonly places: readonly string[];
  readonly onSetAside: (path: string, reason: string) => void;
}

/** @throws CONFLICT when the same migration is running */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const path = options.path ?? defaultPath(options);
  await mkdir(dirname(path), { recursive: true });
  const { SqliteJournal } = await import('../../storage/sqlite/sqlite-journal.ts');
  return SqliteJournal.open({ path, onSetAside: options.onSetAside });
}

function defaultPath({ localPath, places }: JournalOptions): string {
  const pair = createHash('sha256')
    .update(JSON.stringify([...places].sort()))
    .digest('hex');
  const own = join(localPath, OWN_FOLDER);
  const { log: state, data } = envPaths('stowage', { suffix: '' });
  // The `log` folder of env-paths is the state folder on Linux, but not on other systems.
  const folder = existsSync(own) ? own : process.platform === 'linux' ? state : data;
  return join(folder, 'migrations', `${pair.slice(0, 16)}.db`);
}
