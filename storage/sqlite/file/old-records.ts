/**
 * Computes the checksums of a catalog that has none yet, for the step of the schema that adds them.
 * A row gets one if it looks as this service writes it; all others count as broken.
 */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { checksumOf, type RecordTable } from './rows.ts';

/** Adds the SQL function of that step: `first_checksum(table, record, columns...)`. */
export function addFirstChecksum(db: DatabaseSync): void {
  const options = { deterministic: true, varargs: true };
  db.function('first_checksum', options, (...values: readonly SQLOutputValue[]) => {
    const [table, record, ...columns] = values.map(String);
    if (!isTable(table) || record === undefined || !looksRight(table, record, columns)) return '';
    return checksumOf(table, ...columns, record);
  });
}

type Fields = Readonly<Record<string, unknown>>;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const SHA256 = /^[0-9a-f]{64}$/;
const STATES: readonly unknown[] = [
  'pending',
  'verifying',
  'available',
  'yanked',
  'rejected',
  'deleted',
];

/** The tables of catalogs that had no checksums. */
type OldTable = Exclude<RecordTable, 'links' | 'trust_rules' | 'check_runs'>;

const LOOKS_RIGHT: {
  readonly [Of in OldTable]: (fields: Fields, ...columns: string[]) => boolean;
} = {
  packages: (fields, versionId, packageId, state) =>
    fields['versionId'] === versionId &&
    fields['packageId'] === packageId &&
    fields['state'] === state &&
    STATES.includes(state) &&
    fields['key'] === `packages/${versionId}/${packageId}.${String(fields['ext'])}` &&
    Number.isSafeInteger(fields['size']) &&
    fits(SHA256, fields['sha256']) &&
    areTexts(fields, 'ext', 'filename', 'contentType', 'createdBy', 'attemptId', 'store') &&
    areObjects(fields, 'metadata', 'plan') &&
    fits(TIME, fields['createdAt']) &&
    fits(TIME, fields['touchedAt']),
  versions: (fields, versionId) => fits(NAME, versionId) && fits(TIME, fields['createdAt']),
  channels: (fields, channel) =>
    fits(NAME, channel) && fits(NAME, fields['versionId']) && fits(TIME, fields['updatedAt']),
  tokens: (fields, tokenId) =>
    fields['tokenId'] === tokenId &&
    fits(SHA256, fields['secretSha256']) &&
    areTexts(fields, 'name', 'createdBy') &&
    Array.isArray(fields['scopes']) &&
    fits(TIME, fields['createdAt']),
};

function looksRight(table: OldTable, record: string, columns: readonly string[]): boolean {
  try {
    const fields: unknown = JSON.parse(record);
    return (
      typeof fields === 'object' &&
      fields !== null &&
      LOOKS_RIGHT[table](fields as Fields, ...columns)
    );
  } catch {
    return false;
  }
}

function isTable(text: string | undefined): text is OldTable {
  return text !== undefined && Object.hasOwn(LOOKS_RIGHT, text);
}

function fits(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function areTexts(fields: Fields, ...names: readonly string[]): boolean {
  return names.every((name) => typeof fields[name] === 'string');
}

function areObjects(fields: Fields, ...names: readonly string[]): boolean {
  return names.every((name) => typeof fields[name] === 'object' && fields[name] !== null);
}
