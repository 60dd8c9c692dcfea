/**
 * Turns records into rows of the catalog, and back. Every row has a checksum, and a row is read
 * only if it fits: this service wrote the row, and no bit of it has changed.
 */
import { hash } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { CheckRun } from '../../../core/checked.ts';
import type { PackageRef } from '../../../core/names.ts';
import { normalName, publicNameOf } from '../../../core/naming/filenames.ts';
import {
  type ChannelRecord,
  isUnfinished,
  type LinkRecord,
  type PackageRecord,
  type TokenRecord,
  type TrustRule,
  type VersionRecord,
} from '../../../core/records.ts';

export type Row = Record<string, SQLOutputValue>;

/** The tables that hold records. */
export type RecordTable =
  | 'packages'
  | 'versions'
  | 'channels'
  | 'tokens'
  | 'links'
  | 'trust_rules'
  | 'check_runs';

/** The tables whose rows have a checksum. */
export type Table = RecordTable | 'facts';

/** 96 bits of SHA-256: more than enough against accidents. */
const CHECKSUM_CHARACTERS = 16;

/** @param texts all columns but the checksum, in the order of the table; NULL as '' */
export function checksumOf(table: Table, ...texts: readonly string[]): string {
  const digest = hash('sha256', `${table}\0${texts.join('\0')}`, 'base64url');
  return digest.slice(0, CHECKSUM_CHARACTERS);
}

/**
 * Prepares a statement that can read any value: even a huge number, left by damage, is no error.
 */
export function prepareReading(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql);
  statement.setReadBigInts(true);
  return statement;
}

/** The record is kept whole as JSON; what SQL searches for is also in columns of its own. */
export interface PackageRow {
  readonly state: string;
  /** `touchedAt` of a record that the sweep must look at; null for all others. */
  readonly unfinishedSince: string | null;
  /**
   * The filename that the record holds, normalized. Not in the checksum: it follows from the
   * record.
   */
  readonly name: string | null;
  readonly record: string;
  readonly checksum: string;
}

export function packageRow(record: PackageRecord): PackageRow {
  const { versionId, packageId, state, touchedAt } = record;
  const unfinishedSince = isUnfinished(record) ? touchedAt : null;
  const json = JSON.stringify(record);
  const checksum = checksumOf('packages', versionId, packageId, state, unfinishedSince ?? '', json);
  return { state, unfinishedSince, name: nameHeldBy(record), record: json, checksum };
}

/** The value of the column `name`, unique within a version. A rejected upload holds no name. */
export function nameHeldBy(record: PackageRecord): string | null {
  return record.state === 'rejected' || record.filenameTaken === true
    ? null
    : normalName(publicNameOf(record));
}

/** @returns undefined where the row is broken */
export function readPackage(
  row: Row,
  { versionId, packageId }: PackageRef,
): PackageRecord | undefined {
  const columns = [
    versionId,
    packageId,
    String(row['state']),
    String(row['unfinished_since'] ?? ''),
  ];
  return read<PackageRecord>('packages', row, columns);
}

export interface KeyedRow {
  readonly record: string;
  readonly checksum: string;
}

export function versionRow(record: VersionRecord): KeyedRow {
  return keyedRow('versions', record, record.versionId, record.createdAt);
}

/** @returns undefined where the row is broken */
export function readVersion(row: Row, versionId: string): VersionRecord | undefined {
  return read<VersionRecord>('versions', row, [versionId, String(row['created_at'])]);
}

export function channelRow(record: ChannelRecord): KeyedRow {
  return keyedRow('channels', record, record.channel);
}

/** @returns undefined where the row is broken */
export function readChannel(row: Row, channel: string): ChannelRecord | undefined {
  return read<ChannelRecord>('channels', row, [channel]);
}

export function linkRow(record: LinkRecord): KeyedRow {
  return keyedRow('links', record, record.linkId);
}

/** @returns undefined where the row is broken */
export function readLink(row: Row, linkId: string): LinkRecord | undefined {
  return read<LinkRecord>('links', row, [linkId]);
}

export function tokenRow(record: TokenRecord): KeyedRow {
  return keyedRow('tokens', record, record.tokenId);
}

/** @returns undefined where the row is broken */
export function readToken(row: Row, tokenId: string): TokenRecord | undefined {
  return read<TokenRecord>('tokens', row, [tokenId]);
}

export function trustRow(rule: TrustRule): KeyedRow {
  return keyedRow('trust_rules', rule, rule.ruleId);
}

/** @returns undefined where the row is broken */
export function readTrustRule(row: Row, ruleId: string): TrustRule | undefined {
  return read<TrustRule>('trust_rules', row, [ruleId]);
}

export function checkRunRow(run: CheckRun): KeyedRow {
  return keyedRow('check_runs', run, run.checkId);
}

/** @returns undefined where the row is broken */
export function readCheckRun(row: Row, checkId: string): CheckRun | undefined {
  return read<CheckRun>('check_runs', row, [checkId]);
}

function keyedRow(table: Table, record: object, ...columns: readonly string[]): KeyedRow {
  const json = JSON.stringify(record);
  return { record: json, checksum: checksumOf(table, ...columns, json) };
}

function read<Rec>(table: Table, row: Row, columns: readonly string[]): Rec | undefined {
  const { record, checksum } = row;
  if (typeof record !== 'string' || checksum !== checksumOf(table, ...columns, record))
    return undefined;
  return JSON.parse(record) as Rec;
}
