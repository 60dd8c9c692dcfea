/** The journal of a migration in a SQLite file: what one run has found out, the next one takes up. Memory does not grow with the number of files. */
import { renameSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isServiceError, ServiceError } from '../../core/errors.ts';
import type { PackageKey } from '../../core/names.ts';
import type { BytesInStore, CopyUnderWay, Journal } from '../../core/ports/journal.ts';
import { SQLITE, sqliteCode, translateSqliteError } from './file/sqlite-errors.ts';
import { ServiceLock } from './service-lock.ts';

/** `STWJ`, by which a file is known as a journal: https://www.sqlite.org/pragma.html#pragma_application_id */
const APPLICATION_ID = 0x53_54_57_4a;
/** Of what another release laid out otherwise nothing is taken over: it costs a run that reads everything. */
const LAYOUT = 1;

const SCHEMA = `
  CREATE TABLE places (id INTEGER PRIMARY KEY, place TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE hashes (
    place INTEGER NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, sha256 BLOB NOT NULL,
    PRIMARY KEY (place, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE copies (
    target INTEGER NOT NULL, key TEXT NOT NULL, source INTEGER NOT NULL, fingerprint TEXT NOT NULL, upload_id TEXT NOT NULL,
    PRIMARY KEY (target, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE parts (
    target INTEGER NOT NULL, key TEXT NOT NULL, part_number INTEGER NOT NULL, sha256 BLOB NOT NULL,
    PRIMARY KEY (target, key, part_number)
  ) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${LAYOUT};`;

/** Hashes that are written in one transaction: one each would take longer than the copying of small files. */
const BATCH = 64;
/** The upper floors of the index of millions of keys. */
const CACHE_KIB = 8192;

export interface SqliteJournalOptions {
  /** Made where it is missing; its folder must exist. Beside it lies a lock, `PATH.lock`. */
  readonly path: string;
  /** Is told where a file was put that could not serve: it was damaged, or is no journal of ours. */
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

  /** @throws CONFLICT where another migration uses it, UNAVAILABLE, OUT_OF_SPACE */
  static open(options: SqliteJournalOptions): SqliteJournal {
    const lock = lockOf(options.path);
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
    if (this.#db.isOpen) {
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

  /** In one transaction that is over when this returns, with the hashes that wait for theirs. */
  #atOnce(work: () => void): void {
    this.#guarded(() => {
      this.#begin();
      work();
      this.#commit();
    });
  }

  #begin(): void {
    // A fault such as a full disk ends a transaction by itself.
    if (!this.#db.isTransaction) {
      this.#db.exec('BEGIN');
      this.#pending = 0;
    }
    this.#pending += 1;
  }

  #commit(): void {
    if (this.#db.isTransaction) this.#db.exec('COMMIT');
    this.#pending = 0;
  }

  /** A journal that turns out to be damaged is put aside, and a new one is begun: then nothing is known. */
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
    const reason = unusable(this.#options.path);
    if (reason !== undefined) this.#setAside(reason);
    return openJournal(this.#options.path);
  }

  #setAside(reason: string): void {
    const { path, onSetAside } = this.#options;
    const aside = `${path}.aside-${Date.now()}`;
    renameSync(path, aside);
    // They belong to that file alone.
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
function lockOf(path: string): ServiceLock {
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

/** Why what lies there can't serve; undefined where it can, or nothing is there. Changes nothing. */
function unusable(path: string): string | undefined {
  const db = new DatabaseSync(path, { open: false });
  try {
    db.open();
    const pragma = (name: string) => db.prepare(`PRAGMA ${name}`).get()?.[name];
    const tables = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count'];
    if (tables === 0) return undefined;
    if (pragma('application_id') !== APPLICATION_ID) return 'it is no journal of a migration';
    return pragma('user_version') === LAYOUT ? undefined : 'another release of Stowage wrote it';
  } catch (error) {
    if (!isDamage(error)) throw error;
    return 'it is damaged, or no journal of a migration';
  } finally {
    if (db.isOpen) db.close();
  }
}

function openJournal(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { open: false });
  try {
    db.open();
    // What a power failure takes away has to be found out again; a kill -9 takes nothing.
    db.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -${CACHE_KIB}`,
    );
    const isNew = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count'] === 0;
    if (isNew) db.exec(`BEGIN; ${SCHEMA} COMMIT`);
    return db;
  } catch (error) {
    if (db.isOpen) db.close();
    throw error;
  }
}

function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SQLITE.corrupt || code === SQLITE.notadb;
}
