/** One server at a time on one storage: a lock that ends with its process, however that ends. Not the catalog's file, which others may open. */
import { DatabaseSync } from 'node:sqlite';
import { ServiceError } from '../../core/errors.ts';
import { SQLITE, sqliteCode, translateSqliteError } from './sqlite-errors.ts';

/** Garbage collection would close a database that nobody names any more, and free a lock that nobody released. */
const held = new Set<ServiceLock>();

/**
 * Holds SQLite's exclusive lock on a small database that is never written: the system frees it when the process dies, and nothing
 * is left behind to clear up. On POSIX systems a process loses its lock when it opens and closes the file by other means than
 * SQLite: nobody else in the process may touch it.
 */
export class ServiceLock {
  readonly #db: DatabaseSync;

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /**
   * @param path of the lock file, made where it is missing; its folder must exist
   * @throws CONFLICT where it is held, by this process or another; UNAVAILABLE, INVALID_INPUT where the file can't serve
   */
  static acquire(path: string): ServiceLock {
    const db = new DatabaseSync(path, { open: false, timeout: 0 });
    try {
      db.open();
      // No journal file ever; one that somebody left there is of no use to an empty database.
      db.exec('PRAGMA journal_mode = MEMORY');
      db.exec('BEGIN EXCLUSIVE');
      const lock = new ServiceLock(db);
      held.add(lock);
      return lock;
    } catch (error) {
      if (db.isOpen) db.close();
      if (sqliteCode(error) !== SQLITE.busy) throw translateSqliteError(error, `lock ${path}`);
      throw new ServiceError(
        'CONFLICT',
        `${path} is in use by another server; stop that one, or give this one a storage path of its own`,
        { cause: error },
      );
    }
  }

  /** Repeatable. */
  release(): void {
    held.delete(this);
    if (this.#db.isOpen) this.#db.close();
  }
}
