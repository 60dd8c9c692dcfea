/** Reads records from the catalog's tables and checks the checksum of every row that it reads. */
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { CheckRun } from '../../core/checked.ts';
import type { ChannelName, PackageId, PackageRef, VersionId } from '../../core/names.ts';
import { aliasOf, isNamed, normalName } from '../../core/naming/filenames.ts';
import type { Page } from '../../core/ports/catalog.ts';
import type {
  ChannelRecord,
  LinkRecord,
  PackageRecord,
  TokenRecord,
  TrustRule,
  VersionRecord,
} from '../../core/records.ts';
import {
  checksumOf,
  type Row,
  readChannel,
  readCheckRun,
  readLink,
  readPackage,
  readToken,
  readTrustRule,
  readVersion,
  type Table,
} from './file/rows.ts';
import { KnownRows } from './known-rows.ts';
import { type BrokenRecords, brokenError } from './safety/broken-records.ts';
import type { CatalogGuard } from './safety/catalog-guard.ts';
import type { Statements } from './statements.ts';

const CHECKSUM = 'its checksum does not fit what it holds';

/** A row of a list, with its record unless that is broken. The row still says where a page ends. */
export interface ListedRow<Rec> {
  readonly row: Row;
  readonly record: Rec | undefined;
}

export interface RecordReaderOptions {
  readonly statements: Statements;
  readonly guard: CatalogGuard;
  readonly broken: BrokenRecords;
  readonly translate: (error: unknown) => unknown;
}

/**
 * A broken record is an error where it is read by its name, and is left out of lists. Either way it
 * is added to `broken`.
 */
export class RecordReader {
  readonly #sql: Statements;
  readonly #guard: CatalogGuard;
  readonly #broken: BrokenRecords;
  readonly #translateError: (error: unknown) => unknown;
  readonly #knownPackages = new KnownRows<PackageRecord>();

  constructor({ statements, guard, broken, translate }: RecordReaderOptions) {
    this.#sql = statements;
    this.#guard = guard;
    this.#broken = broken;
    this.#translateError = translate;
  }

  package(ref: PackageRef): PackageRecord | undefined {
    const name = `${ref.versionId}/${ref.packageId}`;
    const row = this.run(() => this.#sql.getPackage.get(ref.versionId, ref.packageId));
    if (row !== undefined) return this.#packageOf(row, ref) ?? this.#throwBroken('packages', name);
    this.#broken.requireWhole('packages', name);
    return undefined;
  }

  /**
   * By filename or by alias. A rejected upload has neither.
   * @throws INTERNAL when the record is broken
   */
  packageNamed(versionId: VersionId, name: string): PackageRecord | undefined {
    const row = this.run(() => this.#sql.findByName.get(versionId, normalName(name)));
    if (row !== undefined) {
      const packageId = String(row['package_id']) as PackageId;
      const record = this.#packageOf(row, { versionId, packageId });
      if (record !== undefined && isNamed(record, name)) return record;
      this.#throwBroken('packages', `${versionId}/${packageId}`);
    }
    // An id contains no dot, so an alias is split at its first one.
    const dot = name.indexOf('.');
    if (dot < 1) return undefined;
    const record = this.package({ versionId, packageId: name.slice(0, dot) as PackageId });
    return record !== undefined && record.state !== 'rejected' && aliasOf(record) === name
      ? record
      : undefined;
  }

  packages(
    statement: StatementSync,
    ...values: readonly SQLInputValue[]
  ): readonly ListedRow<PackageRecord>[] {
    const refOf = (row: Row) =>
      ({ versionId: row['version_id'], packageId: row['package_id'] }) as PackageRef;
    const nameOf = (row: Row) => `${row['version_id']}/${row['package_id']}`;
    const read = (row: Row) => readPackage(row, refOf(row));
    return this.#list('packages', nameOf, read, statement, ...values);
  }

  version(versionId: VersionId): VersionRecord | undefined {
    return this.#one('versions', versionId, this.#sql.getVersion, readVersion);
  }

  versions(
    statement: StatementSync,
    ...values: readonly SQLInputValue[]
  ): readonly ListedRow<VersionRecord>[] {
    const nameOf = (row: Row) => String(row['version_id']);
    const read = (row: Row) => readVersion(row, nameOf(row));
    return this.#list('versions', nameOf, read, statement, ...values);
  }

  channel(channel: ChannelName): ChannelRecord | undefined {
    return this.#one('channels', channel, this.#sql.getChannel, readChannel);
  }

  channels(after: string, limit: number): readonly ListedRow<ChannelRecord>[] {
    const nameOf = (row: Row) => String(row['channel']);
    const read = (row: Row) => readChannel(row, nameOf(row));
    return this.#list('channels', nameOf, read, this.#sql.listChannels, after, limit);
  }

  token(tokenId: string): TokenRecord | undefined {
    return this.#one('tokens', tokenId, this.#sql.getToken, readToken);
  }

  tokens(after: string, limit: number): readonly ListedRow<TokenRecord>[] {
    const nameOf = (row: Row) => String(row['token_id']);
    const read = (row: Row) => readToken(row, nameOf(row));
    return this.#list('tokens', nameOf, read, this.#sql.listTokens, after, limit);
  }

  link(linkId: string): LinkRecord | undefined {
    return this.#one('links', linkId, this.#sql.getLink, readLink);
  }

  links(after: string, limit: number): readonly ListedRow<LinkRecord>[] {
    const nameOf = (row: Row) => String(row['link_id']);
    const read = (row: Row) => readLink(row, nameOf(row));
    return this.#list('links', nameOf, read, this.#sql.listLinks, after, limit);
  }

  trustRule(ruleId: string): TrustRule | undefined {
    return this.#one('trust_rules', ruleId, this.#sql.getTrustRule, readTrustRule);
  }

  trustRules(): readonly ListedRow<TrustRule>[] {
    const nameOf = (row: Row) => String(row['rule_id']);
    const read = (row: Row) => readTrustRule(row, nameOf(row));
    return this.#list('trust_rules', nameOf, read, this.#sql.allTrustRules);
  }

  checkRun(checkId: string): CheckRun | undefined {
    return this.#one('check_runs', checkId, this.#sql.getCheckRun, readCheckRun);
  }

  /** What the catalog knows about itself under this name. */
  fact(name: string): string | undefined {
    const row = this.run(() => this.#sql.getFact.get(name));
    if (row === undefined) return undefined;
    const value = String(row['value']);
    return row['checksum'] === checksumOf('facts', name, value)
      ? value
      : this.#throwBroken('facts', name);
  }

  /** Runs a statement, unless the guard refuses the catalog. @throws ServiceError */
  run<Result>(statement: () => Result): Result {
    if (this.#guard.refusal !== undefined) throw this.#guard.refusal;
    try {
      return statement();
    } catch (error) {
      throw this.#translateError(error);
    }
  }

  #packageOf(row: Row, ref: PackageRef): PackageRecord | undefined {
    const name = `${ref.versionId}/${ref.packageId}`;
    return this.#knownPackages.recordOf(name, row, () => readPackage(row, ref));
  }

  /** @throws INTERNAL when the record of this name is broken */
  #one<Rec>(
    table: Table,
    name: string,
    statement: StatementSync,
    read: (row: Row, name: string) => Rec | undefined,
  ): Rec | undefined {
    const row = this.run(() => statement.get(name));
    if (row !== undefined) return read(row, name) ?? this.#throwBroken(table, name);
    this.#broken.requireWhole(table, name);
    return undefined;
  }

  #list<Rec>(
    table: Table,
    nameOf: (row: Row) => string,
    read: (row: Row) => Rec | undefined,
    statement: StatementSync,
    ...values: readonly SQLInputValue[]
  ): readonly ListedRow<Rec>[] {
    const rows = this.run(() => statement.all(...values));
    return rows.map((row) => {
      const record = read(row);
      if (record === undefined) this.#broken.add({ table, name: nameOf(row), detail: CHECKSUM });
      return { row, record };
    });
  }

  #throwBroken(table: Table, name: string): never {
    const record = { table, name, detail: CHECKSUM };
    this.#broken.add(record);
    throw brokenError(record);
  }
}

export function recordsOf<Rec>(listed: readonly ListedRow<Rec>[]): readonly Rec[] {
  return listed.flatMap(({ record }) => (record === undefined ? [] : [record]));
}

/** @param found up to one row more than `limit`: that row shows that the list goes on */
export function pageOf<Rec>(
  found: readonly ListedRow<Rec>[],
  limit: number,
  positionOf: (row: Row) => string,
): Page<Rec> {
  const page = found.slice(0, limit);
  const items = recordsOf(page);
  const last = page.at(-1);
  return found.length > limit && last !== undefined
    ? { items, next: positionOf(last.row) }
    : { items };
}
