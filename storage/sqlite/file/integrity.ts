/**
 * Runs SQLite's own check of a database, and sorts its messages by what they mean for a catalog.
 */
import type { DatabaseSync } from 'node:sqlite';

export interface Integrity {
  /** Pages are damaged: even "not found" may be wrong now. */
  readonly faults: readonly string[];
  /** Indexes do not fit their tables. The tables are whole, so REINDEX repairs this. */
  readonly indexFaults: readonly string[];
}

const ABOUT_INDEX =
  /^(?:row \d+ missing from index|wrong # of entries in index|non-unique entry in index)/;

/** About one value. The checksum of its row finds it, too, so it is ignored here. */
const ABOUT_VALUE = /^(?:NULL|non-\w+|NUMERIC|TEXT|BLOB|INT(?:EGER)?|REAL) value in /;

const MESSAGES_MAX = 100;

/** @throws the error of SQLite when it can't read the file at all */
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
