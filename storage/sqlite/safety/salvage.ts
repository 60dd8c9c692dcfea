/** Builds a catalog out of the whole rows of another one, which stays as it is. For commands that run while no server does. */
import { rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { PackageRef } from '../../../core/names.ts';
import { checksumOf, type Table } from '../file/checksums.ts';
import { openCatalogDatabase } from '../file/open-catalog-database.ts';
import {
  type Row,
  readChannel,
  readLink,
  readPackage,
  readToken,
  readVersion,
  versionRow,
} from '../file/rows.ts';
import { translateSqliteError } from '../file/sqlite-errors.ts';
import { vacuumInto } from './backups.ts';
import type { BrokenRecord } from './broken-records.ts';
import { type CatalogReport, checkCatalog } from './check-catalog.ts';

type RecordTable = Exclude<Table, 'facts'>;

const IS_WHOLE: Readonly<Record<RecordTable, (row: Row) => boolean>> = {
  packages: (row) =>
    readPackage(row, {
      versionId: row['version_id'],
      packageId: row['package_id'],
    } as PackageRef) !== undefined,
  versions: (row) => readVersion(row, String(row['version_id'])) !== undefined,
  channels: (row) => readChannel(row, String(row['channel'])) !== undefined,
  tokens: (row) => readToken(row, String(row['token_id'])) !== undefined,
  links: (row) => readLink(row, String(row['link_id'])) !== undefined,
};

const COLUMNS: Readonly<Record<RecordTable, readonly string[]>> = {
  packages: ['version_id', 'package_id', 'state', 'unfinished_since', 'name', 'record', 'checksum'],
  versions: ['version_id', 'created_at', 'record', 'checksum'],
  channels: ['channel', 'record', 'checksum'],
  tokens: ['token_id', 'record', 'checksum'],
  links: ['link_id', 'record', 'checksum'],
};

const KEYS: Readonly<Record<RecordTable, readonly string[]>> = {
  packages: ['version_id', 'package_id'],
  versions: ['version_id'],
  channels: ['channel'],
  tokens: ['token_id'],
  links: ['link_id'],
};

const TABLES = Object.keys(COLUMNS) as readonly RecordTable[];

export interface Copied {
  readonly db: DatabaseSync;
  readonly report: CatalogReport;
}

/** A copy at `draft`, brought to the schema of this release, and what a check finds in it. @throws ServiceError where the file can't be read so far */
export function openCopy(path: string, draft: string): Copied {
  try {
    vacuumInto(path, draft);
    const db = openCatalogDatabase({ path: draft });
    return { db, report: checkCatalog(db) };
  } catch (error) {
    removeDatabase(draft);
    throw translateSqliteError(error, `catalog ${path}`);
  }
}

export function removeDatabase(path: string): void {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${end}`, { force: true });
}

/** Enters every row whose checksum fits, and the catalog's id. */
export function copyWholeRows(from: DatabaseSync, to: DatabaseSync): void {
  to.exec('BEGIN IMMEDIATE');
  for (const table of TABLES) {
    const insert = insertInto(to, table);
    const rows = reading(
      from,
      `SELECT ${COLUMNS[table].join(', ')} FROM ${table}`,
    ).iterate() as IterableIterator<Row>;
    for (const row of rows) if (IS_WHOLE[table](row)) insert(row);
  }
  const insertFact = to.prepare('INSERT INTO facts (name, value, checksum) VALUES (?, ?, ?)');
  for (const { name, value, checksum } of reading(
    from,
    "SELECT * FROM facts WHERE name = 'catalogId'",
  ).all()) {
    const [key, text] = [String(name), String(value)];
    if (checksum === checksumOf('facts', key, text)) insertFact.run(key, text, checksum);
  }
  to.exec('COMMIT');
}

/** Enters the named records from an older catalog, where they are whole there. @returns those that are not */
export function takeRecords(
  from: DatabaseSync,
  to: DatabaseSync,
  wanted: readonly BrokenRecord[],
): readonly BrokenRecord[] {
  return wanted.filter(({ table, name }) => {
    if (table === 'facts') return true;
    const where = KEYS[table].map((column) => `${column} = ?`).join(' AND ');
    const row = reading(
      from,
      `SELECT ${COLUMNS[table].join(', ')} FROM ${table} WHERE ${where}`,
    ).get(...name.split('/'));
    if (row === undefined || !IS_WHOLE[table](row)) return true;
    insertInto(to, table)(row);
    return false;
  });
}

/** Every package has its version. */
export function addMissingVersions(db: DatabaseSync): void {
  const missing = db.prepare(
    'SELECT version_id, record FROM packages WHERE version_id NOT IN (SELECT version_id FROM versions)',
  );
  const first = new Map<string, string>();
  for (const row of missing.all()) {
    const { createdAt } = JSON.parse(String(row['record'])) as { readonly createdAt: string };
    const versionId = String(row['version_id']);
    const known = first.get(versionId);
    if (known === undefined || createdAt < known) first.set(versionId, createdAt);
  }
  const insert = insertInto(db, 'versions');
  for (const [versionId, createdAt] of first) {
    const row = versionRow({ versionId: versionId as PackageRef['versionId'], createdAt });
    insert({ version_id: versionId, created_at: createdAt, ...row });
  }
}

function insertInto(db: DatabaseSync, table: RecordTable): (row: Row) => void {
  const columns = COLUMNS[table];
  const places = columns.map(() => '?').join(', ');
  const statement = db.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places}) ON CONFLICT DO NOTHING`,
  );
  return (row) => void statement.run(...columns.map((column) => row[column] ?? null));
}

function reading(db: DatabaseSync, sql: string) {
  const statement = db.prepare(sql);
  statement.setReadBigInts(true);
  return statement;
}
