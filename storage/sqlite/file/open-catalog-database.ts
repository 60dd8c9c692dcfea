/** Opens a catalog's database file as every command of the service does: checked, migrated, durable. */
import { DatabaseSync } from 'node:sqlite';
import { ServiceError } from '../../../core/errors.ts';
import { MIGRATIONS, migrate } from './migrations.ts';
import { translateSqliteError } from './sqlite-errors.ts';

/** How long a write waits for the writes of other processes; the event loop waits with it. */
const BUSY_TIMEOUT_MS = 5000;

/** The upper floors of the indexes of a million packages, which SQLite's own 2 MB do not hold. */
const CACHE_KIB = 16_384;

export interface CatalogDatabaseOptions {
  /** The database file, made where it is missing; its folder must exist. `:memory:` for tests. */
  readonly path: string;
  /** @default 5000 */
  readonly busyTimeoutMs?: number;
  /**
   * Needs no room on the disk to read, and lets no other process in: the index of the write-ahead log is kept in memory
   * (https://www.sqlite.org/wal.html, section 8). @default false
   */
  readonly alone?: boolean;
  /** False for commands beside a server, which may be of the release that made the catalog. @default true */
  readonly mayUpgrade?: boolean;
}

/** @throws INVALID_INPUT where the file is no catalog, NOT_SUPPORTED where a newer release wrote it, UNAVAILABLE */
export function openCatalogDatabase(options: CatalogDatabaseOptions): DatabaseSync {
  const { path, busyTimeoutMs = BUSY_TIMEOUT_MS, alone = false, mayUpgrade = true } = options;
  const db = new DatabaseSync(path, { open: false, timeout: busyTimeoutMs });
  try {
    db.open();
    if (alone) db.exec('PRAGMA locking_mode = EXCLUSIVE');
    // Before anything is written: a file that isn't ours stays as it is.
    migrate(db, path, MIGRATIONS, mayUpgrade);
    useWriteAheadLog(db, path);
    db.exec(
      `PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON; PRAGMA cache_size = -${CACHE_KIB}`,
    );
    // The first read: from here on the log is there, and a checkpoint is not refused for the steps that were taken just now.
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return db;
  } catch (error) {
    if (db.isOpen) db.close();
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
