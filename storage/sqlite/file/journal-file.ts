/** The file of a migration's journal: its tables, and how it is checked and opened. */
import { DatabaseSync, isOpen } from './database.ts';
import { SQLITE, sqliteCode } from './errors.ts';

/** `STWJ`, in the header of a journal: https://www.sqlite.org/pragma.html#pragma_application_id */
const APPLICATION_ID = 0x53_54_57_4a;
/** A journal with another layout is not used: the next run then reads everything again. */
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

/** Holds the upper levels of the index of millions of keys. */
const CACHE_KIB = 8192;

/**
 * Why this file can't be used as a journal; undefined if it can, or does not exist yet. Changes
 * nothing.
 */
export function findJournalFault(path: string): string | undefined {
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
    if (isOpen(db)) db.close();
  }
}

/** Opens a journal, or creates it in an empty file. */
export function openJournalFile(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { open: false });
  try {
    db.open();
    // A power failure may lose the last notes, which the next run finds out again. kill -9 loses
    // nothing.
    db.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -${CACHE_KIB}`,
    );
    const isNew = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count'] === 0;
    if (isNew) db.exec(`BEGIN; ${SCHEMA} COMMIT`);
    return db;
  } catch (error) {
    if (isOpen(db)) db.close();
    throw error;
  }
}

/** Whether the file is damaged, and not only hard to reach. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SQLITE.corrupt || code === SQLITE.notadb;
}
