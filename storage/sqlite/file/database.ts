/**
 * Loads `node:sqlite` for all versions of Node that Stowage supports: without the warning of Node 22
 * that SQLite is experimental, and with replacements for what Node 22.13 lacks.
 */
import type { DatabaseSync as Database } from 'node:sqlite';

export const { DatabaseSync } = loadWithoutWarning();
export type DatabaseSync = Database;

/** Node 22.13 and 22.14 have no `isOpen`. */
export function isOpen(db: Pick<Database, 'exec'> & { readonly isOpen?: boolean }): boolean {
  if (typeof db.isOpen === 'boolean') return db.isOpen;
  try {
    db.exec('');
    return true;
  } catch {
    return false;
  }
}

/** Node 22.13 to 22.15 have no `isTransaction`. There, SQLite refuses a transaction inside another one. */
export function isInTransaction(
  db: Pick<Database, 'exec'> & { readonly isTransaction?: boolean },
): boolean {
  if (typeof db.isTransaction === 'boolean') return db.isTransaction;
  try {
    db.exec('BEGIN');
  } catch {
    return true;
  }
  db.exec('ROLLBACK');
  return false;
}

/** Node 22.13 to 22.15 ignore the option `timeout` of a database. */
export function waitForLocks(db: Database, milliseconds: number): void {
  db.exec(`PRAGMA busy_timeout = ${milliseconds}`);
}

/** Other warnings are printed as always. */
function loadWithoutWarning(): typeof import('node:sqlite') {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...details: readonly unknown[]) => {
    if (String(warning).startsWith('SQLite is an experimental feature')) return;
    Reflect.apply(emitWarning, process, [warning, ...details]);
  };
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}
