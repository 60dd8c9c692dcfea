/**
 * A backup of a whole service in one file: a copy of the catalog, and beside its tables the small
 * files of the service, such as its keys. All of it blocks, for commands.
 */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { DatabaseSync as Database } from 'node:sqlite';
import { isServiceError, ServiceError } from '../../../core/errors.ts';
import { DatabaseSync } from '../file/database.ts';
import { translateSqliteError } from '../file/errors.ts';
import { syncToDisk, vacuumInto } from './backups.ts';
import { describeBroken } from './broken-records.ts';
import { type CatalogReport, checkCatalogFile } from './check-catalog.ts';
import { openCopy, removeDatabase } from './salvage.ts';

export interface BackupPart {
  /** Relative to the folder of the service, with slashes. */
  readonly name: string;
  readonly content: Uint8Array;
}

export interface BackupFacts {
  readonly madeAt: string;
  /** The release that made it. */
  readonly release: string;
}

export interface BackupContent {
  readonly facts: BackupFacts;
  readonly parts: readonly BackupPart[];
  readonly counts: CatalogReport['counts'];
}

const TABLE = 'stowage_backup';
const FACTS = '';

/**
 * Copies the catalog as it is at one moment, also while a server writes it, and checks the copy.
 * @throws INTERNAL if the copy is not whole, what SQLite and the disk do; then nothing is left at
 *   `target`, which must not exist
 */
export function writeBackup(
  catalogPath: string,
  parts: readonly BackupPart[],
  facts: BackupFacts,
  target: string,
): CatalogReport['counts'] {
  vacuumInto(catalogPath, target);
  try {
    const report = checkCatalogFile(target);
    requireWhole(`the copy of catalog ${catalogPath}`, report);
    const db = new DatabaseSync(target);
    try {
      db.exec(
        `BEGIN; CREATE TABLE ${TABLE} (name TEXT NOT NULL PRIMARY KEY, sha256 TEXT NOT NULL, content BLOB NOT NULL) STRICT`,
      );
      const insert = db.prepare(`INSERT INTO ${TABLE} VALUES (?, ?, ?)`);
      const about = { name: FACTS, content: Buffer.from(JSON.stringify(facts)) };
      for (const { name, content } of [about, ...parts])
        insert.run(name, sha256Of(content), content);
      db.exec('COMMIT');
    } finally {
      db.close();
    }
    syncToDisk(target);
    return report.counts;
  } catch (error) {
    rmSync(target, { force: true });
    throw translateSqliteError(error, `backup ${target}`);
  }
}

/**
 * Takes a backup apart and checks every piece of it. The catalog becomes `draft`, in the schema of
 * this release.
 * @throws INVALID_INPUT if the file is no backup, INTERNAL if it is damaged; then there is no draft
 */
export function readBackup(path: string, draft: string): BackupContent {
  const bare = `${draft}.bare`;
  try {
    copyOf(path, bare);
    const db = new DatabaseSync(bare);
    let rows: readonly BackupPart[];
    try {
      rows = partsIn(db, path);
      db.exec(`DROP TABLE ${TABLE}`);
    } finally {
      db.close();
    }
    const { db: catalog, report } = openCopy(bare, draft);
    catalog.close();
    requireWhole(`backup ${path}`, report);
    const [facts] = rows.filter(({ name }) => name === FACTS);
    return {
      facts: JSON.parse(Buffer.from(facts?.content ?? []).toString()) as BackupFacts,
      parts: rows.filter(({ name }) => name !== FACTS),
      counts: report.counts,
    };
  } catch (error) {
    removeDatabase(draft);
    throw error;
  } finally {
    removeDatabase(bare);
  }
}

function copyOf(path: string, target: string): void {
  try {
    vacuumInto(path, target);
  } catch (error) {
    if (isServiceError(error, 'INVALID_INPUT')) throw notMade(path, error);
    throw error;
  }
}

function notMade(path: string, cause?: unknown): ServiceError {
  return new ServiceError(
    'INVALID_INPUT',
    `${path} was not made by stowage backup (a copy of the catalog alone is put back with stowage catalog restore)`,
    { cause },
  );
}

function partsIn(db: Database, path: string): readonly BackupPart[] {
  const isThere = db.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(TABLE);
  if (isThere === undefined) throw notMade(path);
  return db
    .prepare(`SELECT name, sha256, content FROM ${TABLE}`)
    .all()
    .map((row) => {
      const [name, content] = [String(row['name']), row['content'] as Uint8Array];
      if (sha256Of(content) !== row['sha256'])
        throw new ServiceError(
          'INTERNAL',
          `backup ${path} is damaged: ${name} is not as it was written; take another backup`,
        );
      return { name, content };
    });
}

function requireWhole(what: string, { faults, broken }: CatalogReport): void {
  const [first] = [...faults, ...broken.map(describeBroken)];
  if (first !== undefined) throw new ServiceError('INTERNAL', `${what} is damaged: ${first}`);
}

function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
