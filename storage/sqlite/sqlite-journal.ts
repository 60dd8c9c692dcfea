/**
 * The journal of a migration in a SQLite file: the next run reads there what earlier runs found
 * out. Its memory does not grow with the number of files.
 */

import { renameSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { isServiceError, ServiceError } from '../../core/errors.ts';
import type { PackageKey } from '../../core/names.ts';
import type { BytesInStore, CopyUnderWay, Journal } from '../../core/ports/journal.ts';
import { isInTransaction, isOpen } from './file/database.ts';
import { translateSqliteError } from './file/errors.ts';
import { findJournalFault, isDamage, openJournalFile } from './file/journal-file.ts';
import { ServiceLock } from './service-lock.ts';

/** Hashes per transaction. One transaction for each would take longer than copying a small file. */
const BATCH = 64;

export interface SqliteJournalOptions {
  /** Created if it is missing; its folder must exist. The lock is beside it, as `PATH.lock`. */
  readonly path: string;
  /** Called when the file at `path` was damaged or not a journal, with the path that it now has. */
  readonly onSetAside: (path: string, reason: string) => void;
}

export class SqliteJournal implements Journal {
  readonly #options: SqliteJournalOptions;
  readonly #lock: ServiceLock;
  readonly #places = new Map<string, number>();
  #db: DatabaseSync;
  #sql: Statements;
  #pending = 0;

  private constructor(options: SqliteJournalOptions, lock: ServiceLock) {
    this.#options = options;
    this.#lock = lock;
    this.#db = this.#open();
    this.#sql = prepareStatements(this.#db);
  }

  /** @throws CONFLICT when another run uses the journal, UNAVAILABLE, OUT_OF_SPACE */
  static open(options: SqliteJournalOptions): SqliteJournal {
    const lock = acquireLock(options.path);
    try {
      return new SqliteJournal(options, lock);
    } catch (error) {
      lock.release();
      throw translateSqliteError(error, `the journal ${options.path}`);
    }
  }

  sha256Of({ place, key, fingerprint }: BytesInStore): string | undefined {
    return this.#guarded(() => {
      const row = this.#sql.getHash.get(this.#placeId(place), key);
      return row?.['fingerprint'] === fingerprint ? hexOf(row['sha256']) : undefined;
    });
  }

  noteSha256({ place, key, fingerprint }: BytesInStore, sha256: string): void {
    this.#guarded(() => {
      const placeId = this.#placeId(place);
      this.#begin();
      this.#sql.putHash.run(placeId, key, fingerprint, Buffer.from(sha256, 'hex'));
      if (this.#pending >= BATCH) this.#commit();
    });
  }

  copyUnderWay(target: string, key: PackageKey): CopyUnderWay | undefined {
    return this.#guarded(() => {
      const targetId = this.#placeId(target);
      const row = this.#sql.getCopy.get(targetId, key);
      if (row === undefined) return undefined;
      const parts = new Map<number, string>();
      for (const part of this.#sql.getParts.iterate(targetId, key)) {
        parts.set(Number(part['part_number']), hexOf(part['sha256']));
      }
      const source = { place: String(row['source']), key, fingerprint: String(row['fingerprint']) };
      return { source, uploadId: String(row['upload_id']), parts };
    });
  }

  noteCopyBegun(target: string, source: BytesInStore, uploadId: string): void {
    this.#atOnce(() => {
      const [targetId, sourceId] = [this.#placeId(target), this.#placeId(source.place)];
      this.#sql.removeParts.run(targetId, source.key);
      this.#sql.putCopy.run(targetId, source.key, sourceId, source.fingerprint, uploadId);
    });
  }

  notePart(
    target: string,
    key: PackageKey,
    uploadId: string,
    partNumber: number,
    sha256: string,
  ): void {
    this.#atOnce(() => {
      const targetId = this.#placeId(target);
      if (this.#sql.getCopy.get(targetId, key)?.['upload_id'] !== uploadId) return;
      this.#sql.putPart.run(targetId, key, partNumber, Buffer.from(sha256, 'hex'));
    });
  }

  noteCopyEnded(target: string, key: PackageKey): void {
    this.#atOnce(() => {
      const targetId = this.#placeId(target);
      this.#sql.removeParts.run(targetId, key);
      this.#sql.removeCopy.run(targetId, key);
    });
  }

  close(): void {
    if (isOpen(this.#db)) {
      this.#guarded(() => this.#commit());
      this.#db.close();
    }
    this.#lock.release();
  }

  #placeId(place: string): number {
    const known = this.#places.get(place);
    if (known !== undefined) return known;
    const row = this.#sql.getPlace.get(place) ?? this.#sql.addPlace.get(place);
    const id = Number(row?.['id']);
    this.#places.set(place, id);
    return id;
  }

  /** Runs `work` and commits it at once, with the hashes that wait. */
  #atOnce(work: () => void): void {
    this.#guarded(() => {
      this.#begin();
      work();
      this.#commit();
    });
  }

  #begin(): void {
    // An error such as a full disk may have ended the last transaction.
    if (!isInTransaction(this.#db)) {
      this.#db.exec('BEGIN');
      this.#pending = 0;
    }
    this.#pending += 1;
  }

  #commit(): void {
    if (isInTransaction(this.#db)) this.#db.exec('COMMIT');
    this.#pending = 0;
  }

  /** Sets a journal that turns out to be damaged aside and begins an empty one. */
  #guarded<Result>(work: () => Result): Result | undefined {
    try {
      return work();
    } catch (error) {
      if (!isDamage(error)) throw translateSqliteError(error, `the journal ${this.#options.path}`);
      this.#db.close();
      this.#setAside('it is damaged');
      this.#pending = 0;
      this.#places.clear();
      this.#db = this.#open();
      this.#sql = prepareStatements(this.#db);
      return undefined;
    }
  }

  #open(): DatabaseSync {
    const reason = findJournalFault(this.#options.path);
    if (reason !== undefined) this.#setAside(reason);
    return openJournalFile(this.#options.path);
  }

  #setAside(reason: string): void {
    const { path, onSetAside } = this.#options;
    const aside = `${path}.aside-${Date.now()}`;
    renameSync(path, aside);
    // These belong to the file that was set aside.
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    onSetAside(aside, reason);
  }
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: DatabaseSync) {
  return {
    getPlace: db.prepare('SELECT id FROM places WHERE place = ?'),
    addPlace: db.prepare('INSERT INTO places (place) VALUES (?) RETURNING id'),
    getHash: db.prepare('SELECT fingerprint, sha256 FROM hashes WHERE place = ? AND key = ?'),
    putHash: db.prepare(
      'INSERT OR REPLACE INTO hashes (place, key, fingerprint, sha256) VALUES (?, ?, ?, ?)',
    ),
    getCopy: db.prepare(
      `SELECT places.place AS source, fingerprint, upload_id FROM copies JOIN places ON places.id = source
       WHERE target = ? AND key = ?`,
    ),
    putCopy: db.prepare(
      'INSERT OR REPLACE INTO copies (target, key, source, fingerprint, upload_id) VALUES (?, ?, ?, ?, ?)',
    ),
    removeCopy: db.prepare('DELETE FROM copies WHERE target = ? AND key = ?'),
    getParts: db.prepare('SELECT part_number, sha256 FROM parts WHERE target = ? AND key = ?'),
    putPart: db.prepare(
      'INSERT OR REPLACE INTO parts (target, key, part_number, sha256) VALUES (?, ?, ?, ?)',
    ),
    removeParts: db.prepare('DELETE FROM parts WHERE target = ? AND key = ?'),
  };
}

function hexOf(value: unknown): string {
  return Buffer.from(value as Uint8Array).toString('hex');
}

/** @throws CONFLICT */
function acquireLock(path: string): ServiceLock {
  try {
    return ServiceLock.acquire(`${path}.lock`);
  } catch (error) {
    if (!isServiceError(error, 'CONFLICT')) throw error;
    throw new ServiceError(
      'CONFLICT',
      `this migration is running already: its journal ${path} is in use; wait for that run, or stop it`,
      { cause: error },
    );
  }
}
