/** Records as rows and back. A row is read only where its checksum fits: it was written by us, and no bit of it has changed. */
import type { SQLOutputValue } from 'node:sqlite';
import type { PackageRef } from '../../../core/names.ts';
import { normalName, publicNameOf } from '../../../core/naming/filenames.ts';
import type {
  ChannelRecord,
  LinkRecord,
  PackageRecord,
  TokenRecord,
  VersionRecord,
} from '../../../core/records.ts';
import { checksumOf, type Table } from './checksums.ts';

export type Row = Record<string, SQLOutputValue>;

/** What SQL needs to know of a record stands in columns of its own; the record itself is kept whole as JSON. */
export interface PackageRow {
  readonly state: string;
  /** `touchedAt` of a record that the sweep must look at. */
  readonly unfinishedSince: string | null;
  /** The filename that it holds, normal; not in the checksum, since it follows from the record. */
  readonly name: string | null;
  readonly record: string;
  readonly checksum: string;
}

export function packageRow(record: PackageRecord): PackageRow {
  const { versionId, packageId, state, touchedAt, purging } = record;
  const isUnfinished =
    state === 'pending' || state === 'verifying' || (state === 'deleted' && purging === true);
  const unfinishedSince = isUnfinished ? touchedAt : null;
  const json = JSON.stringify(record);
  const checksum = checksumOf('packages', versionId, packageId, state, unfinishedSince ?? '', json);
  return { state, unfinishedSince, name: nameHeldBy(record), record: json, checksum };
}

/** What the column `name` holds: unique within a version. A rejected upload holds no name. */
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
