/**
 * Opens the database file of a catalog for the server and for every command, and upgrades its
 * schema.
 */

import { ServiceError } from '../../../core/errors.ts';
import { DatabaseSync, isOpen, waitForLocks } from './database.ts';
import { translateSqliteError } from './errors.ts';
import { SCHEMA_STEPS, upgradeSchema } from './schema.ts';

/** How long a write waits for the writes of other processes. It blocks the event loop. */
const BUSY_TIMEOUT_MS = 5000;

/**
 * Holds the upper levels of the indexes of a million packages; SQLite's default of 2 MB does not.
 */
const CACHE_KIB = 16_384;

export interface CatalogDatabaseOptions {
  /** The database file; created if it is missing. Its folder must exist. `:memory:` for tests. */
  readonly path: string;
  /** @default 5000 */
  readonly busyTimeoutMs?: number;
  /**
   * Locks out other processes. Reading then needs no room on the disk, because SQLite keeps the
   * index of the write-ahead log in memory (https://www.sqlite.org/wal.html, section 8). @default
   * false
   */
  readonly alone?: boolean;
  /**
   * Commands pass false: a server of the older release that wrote the catalog may be running beside
   * them. @default true
   */
  readonly mayUpgrade?: boolean;
}

/**
 * @throws INVALID_INPUT when the file is not a catalog, NOT_SUPPORTED when a newer release wrote
 *   it, INTERNAL when it is damaged, UNAVAILABLE
 */
export function openCatalogDatabase(options: CatalogDatabaseOptions): DatabaseSync {
  const { path, busyTimeoutMs = BUSY_TIMEOUT_MS, alone = false, mayUpgrade = true } = options;
  const db = new DatabaseSync(path, { open: false });
  try {
    db.open();
    waitForLocks(db, busyTimeoutMs);
    if (alone) db.exec('PRAGMA locking_mode = EXCLUSIVE');
    // First of all, because it writes nothing into the file of another program.
    upgradeSchema(db, path, SCHEMA_STEPS, mayUpgrade);
    useWriteAheadLog(db, path);
    db.exec(
      `PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON; PRAGMA cache_size = -${CACHE_KIB}`,
    );
    // The first read creates the log, and lets a checkpoint include the steps that were taken just
    // now.
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return db;
  } catch (error) {
    if (isOpen(db)) db.close();
    throw translateSqliteError(error, `catalog ${path}`);
  }
}

function useWriteAheadLog(db: DatabaseSync, path: string): void {
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
  if (mode !== 'wal' && path !== ':memory:') {
    throw new ServiceError(
      'UNAVAILABLE',
      `catalog ${path} can't keep a write-ahead log, its journal mode stays ${mode}; put it on a local file system`,
    );
  }
}
