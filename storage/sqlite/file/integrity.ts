/** What SQLite itself finds wrong with a database, sorted by what it means for a catalog. */
import type { DatabaseSync } from 'node:sqlite';

export interface Integrity {
  /** Pages are damaged: with that, even "not found" may be wrong. */
  readonly faults: readonly string[];
  /** Indexes do not fit their tables, which are whole: REINDEX mends that. */
  readonly indexFaults: readonly string[];
}

const ABOUT_INDEX =
  /^(?:row \d+ missing from index|wrong # of entries in index|non-unique entry in index)/;

/** About one value, which does not fit the checksum of its row either. */
const ABOUT_VALUE = /^(?:NULL|non-\w+|NUMERIC|TEXT|BLOB|INT(?:EGER)?|REAL) value in /;

const MESSAGES_MAX = 100;

/** @throws what SQLite throws where it can't even read so far */
export function checkIntegrity(db: DatabaseSync): Integrity {
  const rows = db.prepare(`PRAGMA integrity_check(${MESSAGES_MAX})`).all();
  const messages = rows
    .flatMap((row) => String(row['integrity_check']).split('\n'))
    .filter((text) => text !== 'ok');
  return {
    faults: messages.filter((message) => !ABOUT_INDEX.test(message) && !ABOUT_VALUE.test(message)),
    indexFaults: messages.filter((message) => ABOUT_INDEX.test(message)),
  };
}
