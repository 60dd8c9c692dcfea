/**
 * Checks a whole catalog: its schema, its pages and indexes, and the checksum of every row. Changes
 * nothing.
 */

import { ServiceError } from '../../../core/errors.ts';
import { DatabaseSync, isOpen } from '../file/database.ts';
import { translateSqliteError } from '../file/errors.ts';
import { checkIntegrity, type Integrity } from '../file/integrity.ts';
import {
  checksumOf,
  nameHeldBy,
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
  type Table,
} from '../file/rows.ts';
import { SCHEMA_STEPS, upgradeSchema } from '../file/schema.ts';
import type { BrokenRecord } from './broken-records.ts';

export interface CatalogReport extends Integrity {
  /** Broken records, in a file that is whole. Reading one of them is an error. */
  readonly broken: readonly BrokenRecord[];
  /** Rows whose checksum fits. */
  readonly counts: Readonly<Record<RecordTable, number>>;
  /** Packages of an earlier release whose filename another one has: they are reached by their alias alone. */
  readonly aliasOnly: number;
}

const NO_COUNTS = {
  packages: 0,
  versions: 0,
  channels: 0,
  tokens: 0,
  links: 0,
  trust_rules: 0,
  check_runs: 0,
} as const;

/**
 * Checks the file through its own, read-only connection.
 * @throws UNAVAILABLE, OUT_OF_SPACE when the file can't be read at present
 */
export function checkCatalogFile(path: string): CatalogReport {
  const db = new DatabaseSync(path, { open: false, readOnly: true });
  try {
    db.open();
    return checkCatalog(db);
  } catch (error) {
    return faulty([damageIn(error, path)]);
  } finally {
    if (isOpen(db)) db.close();
  }
}

export function checkCatalog(db: DatabaseSync): CatalogReport {
  try {
    db.exec('PRAGMA cell_size_check = ON');
    if (!hasExpectedSchema(db))
      return faulty(['its schema is not the one that this release makes']);
    const { faults, indexFaults } = checkIntegrity(db);
    if (faults.length > 0) return faulty(faults);
    const { nameFaults, ...rows } = checkRows(db);
    return { faults, indexFaults: [...indexFaults, ...nameFaults], ...rows };
  } catch (error) {
    return faulty([damageIn(error, 'the file')]);
  }
}

/** One line about damage, for people. */
export function describeFaults(what: string, { faults }: CatalogReport): string {
  const more = faults.length > 1 ? ` and ${faults.length - 1} more` : '';
  const advice = 'stop the service and run stowage catalog restore or stowage catalog rebuild';
  return `${what} is damaged: ${faults[0] ?? 'unknown'}${more}; ${advice}`;
}

function faulty(faults: readonly string[]): CatalogReport {
  return { faults, indexFaults: [], broken: [], counts: NO_COUNTS, aliasOnly: 0 };
}

/**
 * Describes the damage that an error shows.
 * @throws the error when it shows none: the disk is full, or another process has the lock
 */
function damageIn(error: unknown, what: string): string {
  const translated = translateSqliteError(error, what);
  if (!(translated instanceof ServiceError)) throw error;
  if (translated.code === 'UNAVAILABLE' || translated.code === 'OUT_OF_SPACE') throw translated;
  return translated.message;
}

/** A flipped bit in the text of the schema would change what statements mean. */
function hasExpectedSchema(db: DatabaseSync): boolean {
  expectedSchemas ??= makeExpectedSchemas();
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
  return version === SCHEMA_STEPS.length && expectedSchemas.includes(schemaOf(db));
}

let expectedSchemas: readonly string[] | undefined;

/** With the index of digests, and without it, until the first server opens the catalog. */
function makeExpectedSchemas(): readonly string[] {
  const db = new DatabaseSync(':memory:');
  upgradeSchema(db, ':memory:');
  const schema = schemaOf(db);
  db.exec('DROP INDEX packages_digests');
  const withoutIndex = schemaOf(db);
  db.close();
  return [schema, withoutIndex];
}

function schemaOf(db: DatabaseSync): string {
  return JSON.stringify(
    db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name').all(),
  );
}

/** Sets the filename column of every whole record to what follows from the record. */
export function repairNames(db: DatabaseSync): void {
  const update = db.prepare('UPDATE packages SET name = ? WHERE version_id = ? AND package_id = ?');
  for (const row of prepareReading(db, 'SELECT * FROM packages').all()) {
    const record = readPackage(row, refOf(row));
    if (record !== undefined && nameHeldBy(record) !== row['name'])
      update.run(nameHeldBy(record), record.versionId, record.packageId);
  }
}

interface Rows extends Pick<CatalogReport, 'broken' | 'counts' | 'aliasOnly'> {
  /** Whole records whose filename column is not what follows from them. */
  readonly nameFaults: readonly string[];
}

function checkRows(db: DatabaseSync): Rows {
  const nameFaults: string[] = [];
  const broken = new Map<string, BrokenRecord>();
  const add = (table: Table, name: string, detail: string) => {
    if (!broken.has(`${table}/${name}`)) broken.set(`${table}/${name}`, { table, name, detail });
  };
  const hasVersion = db.prepare('SELECT 1 FROM versions WHERE version_id = ?');
  const counts = { ...NO_COUNTS } as Record<RecordTable, number>;
  let versionId: string | undefined;
  let aliasOnly = 0;
  for (const row of rowsOf(db, 'SELECT * FROM packages')) {
    const record = readPackage(row, refOf(row));
    if (record === undefined) {
      for (const name of namesOf(row, ['version_id', 'package_id'], ['versionId', 'packageId'])) {
        add('packages', name, NOT_AS_WRITTEN);
      }
      continue;
    }
    counts.packages += 1;
    if (record.filenameTaken === true) aliasOnly += 1;
    if (row['name'] !== nameHeldBy(record))
      nameFaults.push(`the filename of ${record.versionId}/${record.packageId} is not indexed`);
    if (record.versionId === versionId) continue;
    versionId = record.versionId;
    // A version is entered with its first package, so a missing version is one whose name was
    // damaged.
    if (hasVersion.get(versionId) === undefined)
      add('versions', versionId, 'it is missing, but has packages');
  }
  const keyed = [
    ['versions', 'version_id', 'versionId', readVersion],
    ['channels', 'channel', 'channel', readChannel],
    ['tokens', 'token_id', 'tokenId', readToken],
    ['links', 'link_id', 'linkId', readLink],
    ['trust_rules', 'rule_id', 'ruleId', readTrustRule],
    ['check_runs', 'check_id', 'checkId', readCheckRun],
  ] as const;
  for (const [table, column, field, read] of keyed) {
    for (const row of rowsOf(db, `SELECT * FROM ${table}`)) {
      if (read(row, String(row[column])) !== undefined) counts[table] += 1;
      else for (const name of namesOf(row, [column], [field])) add(table, name, NOT_AS_WRITTEN);
    }
  }
  for (const row of rowsOf(db, 'SELECT name, value, checksum FROM facts')) {
    const [name, value] = [String(row['name']), String(row['value'])];
    if (row['checksum'] !== checksumOf('facts', name, value)) add('facts', name, NOT_AS_WRITTEN);
  }
  return { broken: [...broken.values()], counts, aliasOnly, nameFaults };
}

const NOT_AS_WRITTEN = 'it is not as it was written';

function refOf(row: Row): Parameters<typeof readPackage>[1] {
  const ref = { versionId: String(row['version_id']), packageId: String(row['package_id']) };
  return ref as Parameters<typeof readPackage>[1];
}

/**
 * The names that a broken row may have had: by its key, and by its record. They differ if the key
 * is damaged.
 */
function namesOf(
  row: Row,
  columns: readonly string[],
  fields: readonly string[],
): readonly string[] {
  const key = columns.map((column) => String(row[column])).join('/');
  try {
    const record = JSON.parse(String(row['record'])) as Readonly<Record<string, unknown>>;
    const name = fields.map((field) => String(record[field])).join('/');
    return name === key ? [key] : [key, name];
  } catch {
    return [key];
  }
}

function rowsOf(db: DatabaseSync, sql: string): IterableIterator<Row> {
  return prepareReading(db, sql).iterate() as IterableIterator<Row>;
}
