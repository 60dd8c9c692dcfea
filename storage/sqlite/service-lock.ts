/**
 * Lets only one server use a storage. The lock is a file of its own, because other processes may
 * open the catalog; it is freed when the process ends, in whatever way.
 */

import { ServiceError } from '../../core/errors.ts';
import { DatabaseSync, isOpen } from './file/database.ts';
import { SQLITE, sqliteCode, translateSqliteError } from './file/errors.ts';
import { FileIdentity } from './file/file-identity.ts';

/** Keeps locks from garbage collection, which would close the database and free the lock. */
const held = new Set<ServiceLock>();

/**
 * Holds SQLite's exclusive lock on an empty database. When the process dies, the system frees the
 * lock, and there is nothing to clean up.
 *
 * On POSIX systems a process loses the lock when it opens and closes the file by other means than
 * SQLite. So no other code of the process may open this file.
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
   * @param path the lock file; created if it is missing. Its folder must exist
   * @throws CONFLICT when this process or another holds the lock; UNAVAILABLE, INVALID_INPUT when
   *   the file can't be used
   */
  static acquire(path: string): ServiceLock {
    const lock = new ServiceLock(path, hold(path));
    held.add(lock);
    return lock;
  }

  /**
   * Checks that the locked file is still the one at its path. If it was removed or replaced, locks
   * the file that is there now, or creates it.
   * @returns whether the lock had to be taken again
   * @throws like `acquire`: then another server may be running, and this one must stop
   */
  renew(): boolean {
    if (!isOpen(this.#db) || this.#file.fault() === undefined) return false;
    const lost = this.#db;
    this.#db = hold(this.path);
    this.#file = new FileIdentity([this.path]);
    lost.close();
    return true;
  }

  /** Repeatable. */
  release(): void {
    held.delete(this);
    if (isOpen(this.#db)) this.#db.close();
  }
}

function hold(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { open: false });
  try {
    db.open();
    // No journal file: an empty database needs none.
    db.exec('PRAGMA journal_mode = MEMORY');
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    if (isOpen(db)) db.close();
    if (sqliteCode(error) !== SQLITE.busy) throw translateSqliteError(error, `lock ${path}`);
    throw new ServiceError(
      'CONFLICT',
      `${path} is in use by another server; stop that one, or give this one a storage path of its own`,
      { cause: error },
    );
  }
}
