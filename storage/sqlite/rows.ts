/** Rows as records. What stands in the catalog was written by us: a row that does not look so is damage, and said. */
import type { SQLOutputValue } from 'node:sqlite';
import { ServiceError } from '../../core/errors.ts';
import type { ChannelName, VersionId } from '../../core/names.ts';
import type { ChannelRecord, PackageRecord, TokenRecord, VersionRecord } from '../../core/records.ts';

export type Row = Record<string, SQLOutputValue>;

type TypeName = 'string' | 'number' | 'object';
type Shape<Rec> = readonly (readonly [keyof Rec & string, TypeName])[];

/** The fields that every package record has; cheap enough to look at on every read. */
const PACKAGE: Shape<PackageRecord> = [
  ['versionId', 'string'],
  ['packageId', 'string'],
  ['ext', 'string'],
  ['key', 'string'],
  ['state', 'string'],
  ['size', 'number'],
  ['sha256', 'string'],
  ['filename', 'string'],
  ['contentType', 'string'],
  ['metadata', 'object'],
  ['createdAt', 'string'],
  ['createdBy', 'string'],
  ['attemptId', 'string'],
  ['plan', 'object'],
  ['touchedAt', 'string'],
  ['store', 'string'],
];

const TOKEN: Shape<TokenRecord> = [
  ['tokenId', 'string'],
  ['secretSha256', 'string'],
  ['name', 'string'],
  ['scopes', 'object'],
  ['createdAt', 'string'],
  ['createdBy', 'string'],
];

/** @throws INTERNAL */
export function readPackage(row: Row): PackageRecord {
  return readRecord('package', PACKAGE, row['record']);
}

/** @throws INTERNAL */
export function readToken(row: Row): TokenRecord {
  return readRecord('token', TOKEN, row['record']);
}

/** The columns of the table are the record: SQLite itself refuses other types there. */
export function readVersion(row: Row): VersionRecord {
  return { versionId: row['version_id'] as VersionId, createdAt: row['created_at'] as string };
}

/** The columns of the table are the record: SQLite itself refuses other types there. */
export function readChannel(row: Row): ChannelRecord {
  return {
    channel: row['channel'] as ChannelName,
    versionId: row['version_id'] as VersionId,
    updatedAt: row['updated_at'] as string,
  };
}

function readRecord<Rec>(what: string, shape: Shape<Rec>, text: SQLOutputValue | undefined): Rec {
  const record = parseObject(what, text);
  for (const [field, type] of shape) {
    const value = record[field];
    if (typeof value !== type || value === null) {
      throw broken(what, `${field} must be a ${type}, got ${value === null ? 'null' : typeof value}`);
    }
  }
  return record as Rec;
}

function parseObject(what: string, text: SQLOutputValue | undefined): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(String(text));
  } catch (cause) {
    throw broken(what, 'it is no JSON', cause);
  }
  if (typeof value !== 'object' || value === null) throw broken(what, 'it is no object');
  return value as Record<string, unknown>;
}

function broken(what: string, detail: string, cause?: unknown): ServiceError {
  return new ServiceError(
    'INTERNAL',
    `a ${what} record in the catalog is broken: ${detail}; restore the catalog from a backup`,
    { cause },
  );
}
