/** One server at a time on one storage: a lock that ends with its process, however that ends. Not the catalog's file, which others may open. */
import { DatabaseSync } from 'node:sqlite';
import { ServiceError } from '../../core/errors.ts';
import { FileIdentity } from './file/file-identity.ts';
import { SQLITE, sqliteCode, translateSqliteError } from './file/sqlite-errors.ts';

/** Garbage collection would close a database that nobody names any more, and free a lock that nobody released. */
const held = new Set<ServiceLock>();

/**
 * Holds SQLite's exclusive lock on a small database that is never written: the system frees it when the process dies, and nothing
 * is left behind to clear up. On POSIX systems a process loses its lock when it opens and closes the file by other means than
 * SQLite: nobody else in the process may touch it.
 */
export class ServiceLock {
  readonly path: string;
  #db: DatabaseSync;
  #file: FileIdentity;

  private constructor(path: string, db: DatabaseSync) {
    this.path = path;
    this.#db = db;
    this.#file = new FileIdentity([path]);
  }

  /**
   * @param path of the lock file, made where it is missing; its folder must exist
   * @throws CONFLICT where it is held, by this process or another; UNAVAILABLE, INVALID_INPUT where the file can't serve
   */
  static acquire(path: string): ServiceLock {
    const lock = new ServiceLock(path, hold(path));
    held.add(lock);
    return lock;
  }

  /**
   * Looks whether the lock is still on the file that others would lock, and where that file was removed or replaced takes the lock
   * on the one that is there, or makes it.
   * @returns whether the lock had to be taken again
   * @throws as `acquire`: then another server may be at work, and this one must not go on
   */
  renew(): boolean {
    if (!this.#db.isOpen || this.#file.fault() === undefined) return false;
    const lost = this.#db;
    this.#db = hold(this.path);
    this.#file = new FileIdentity([this.path]);
    lost.close();
    return true;
  }

  /** Repeatable. */
  release(): void {
    held.delete(this);
    if (this.#db.isOpen) this.#db.close();
  }
}

function hold(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { open: false, timeout: 0 });
  try {
    db.open();
    // No journal file ever; one that somebody left there is of no use to an empty database.
    db.exec('PRAGMA journal_mode = MEMORY');
    db.exec('BEGIN EXCLUSIVE');
    return db;
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
