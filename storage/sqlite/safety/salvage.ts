/**
 * Builds a new catalog from the whole rows of a damaged one, which it does not change. For commands
 * that run while the server is stopped.
 */
import { rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { PackageRef } from '../../../core/names.ts';
import { translateSqliteError } from '../file/errors.ts';
import { openCatalogDatabase } from '../file/open-catalog-database.ts';
import {
  checksumOf,
  prepareReading,
  type RecordTable,
  type Row,
  readChannel,
  readCheckRun,
  readLink,
  readPackage,
  readToken,
  readTrustRule,
  readVersion,
  versionRow,
} from '../file/rows.ts';
import { vacuumInto } from './backups.ts';
import type { BrokenRecord } from './broken-records.ts';
import { type CatalogReport, checkCatalog } from './check-catalog.ts';

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
  trust_rules: (row) => readTrustRule(row, String(row['rule_id'])) !== undefined,
  check_runs: (row) => readCheckRun(row, String(row['check_id'])) !== undefined,
};

const COLUMNS: Readonly<Record<RecordTable, readonly string[]>> = {
  packages: ['version_id', 'package_id', 'state', 'unfinished_since', 'name', 'record', 'checksum'],
  versions: ['version_id', 'created_at', 'record', 'checksum'],
  channels: ['channel', 'record', 'checksum'],
  tokens: ['token_id', 'record', 'checksum'],
  links: ['link_id', 'record', 'checksum'],
  trust_rules: ['rule_id', 'record', 'checksum'],
  check_runs: ['check_id', 'record', 'checksum'],
};

const KEYS: Readonly<Record<RecordTable, readonly string[]>> = {
  packages: ['version_id', 'package_id'],
  versions: ['version_id'],
  channels: ['channel'],
  tokens: ['token_id'],
  links: ['link_id'],
  trust_rules: ['rule_id'],
  check_runs: ['check_id'],
};

const TABLES = Object.keys(COLUMNS) as readonly RecordTable[];

export interface CatalogCopy {
  readonly db: DatabaseSync;
  readonly report: CatalogReport;
}

/**
 * Copies the catalog to `draft`, upgrades the schema of the copy, and checks it.
 * @throws ServiceError when the file is too damaged to be copied
 */
export function openCopy(path: string, draft: string): CatalogCopy {
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

/** Copies every row whose checksum fits, and the id of the catalog. */
export function copyWholeRows(from: DatabaseSync, to: DatabaseSync): void {
  to.exec('BEGIN IMMEDIATE');
  for (const table of TABLES) {
    const insert = insertInto(to, table);
    const rows = prepareReading(
      from,
      `SELECT ${COLUMNS[table].join(', ')} FROM ${table}`,
    ).iterate() as IterableIterator<Row>;
    for (const row of rows) if (IS_WHOLE[table](row)) insert(row);
  }
  const insertFact = to.prepare('INSERT INTO facts (name, value, checksum) VALUES (?, ?, ?)');
  for (const { name, value, checksum } of prepareReading(
    from,
    "SELECT * FROM facts WHERE name = 'catalogId'",
  ).all()) {
    const [key, text] = [String(name), String(value)];
    if (checksum === checksumOf('facts', key, text)) insertFact.run(key, text, checksum);
  }
  for (const [table, columns] of UNCHECKED) {
    const list = columns.join(', ');
    const marks = columns.map(() => '?').join(', ');
    const insert = to.prepare(`INSERT OR REPLACE INTO ${table} (${list}) VALUES (${marks})`);
    for (const row of prepareReading(
      from,
      `SELECT ${list} FROM ${table}`,
    ).iterate() as Iterable<Row>)
      insert.run(...columns.map((column) => row[column] ?? null));
  }
  to.exec('COMMIT');
}

/** Tables whose rows have no checksum: the digests of days show whether an event is as it was. */
const UNCHECKED = [
  ['audit_events', ['seq', 'at', 'record']],
  ['audit_days', ['day', 'record']],
  ['token_uses', ['token_id', 'day']],
] as const;

/**
 * Copies the wanted records from an older catalog.
 * @returns those that are missing or broken there, too
 */
export function takeRecords(
  from: DatabaseSync,
  to: DatabaseSync,
  wanted: readonly BrokenRecord[],
): readonly BrokenRecord[] {
  return wanted.filter(({ table, name }) => {
    if (table === 'facts') return true;
    const where = KEYS[table].map((column) => `${column} = ?`).join(' AND ');
    const row = prepareReading(
      from,
      `SELECT ${COLUMNS[table].join(', ')} FROM ${table} WHERE ${where}`,
    ).get(...name.split('/'));
    if (row === undefined || !IS_WHOLE[table](row)) return true;
    insertInto(to, table)(row);
    return false;
  });
}

/** Enters the versions that are missing although they have packages. */
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
