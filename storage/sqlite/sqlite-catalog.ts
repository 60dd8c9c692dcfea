/** The embedded catalog: records in one SQLite file, which other processes may open at the same time. */
import { randomUUID } from 'node:crypto';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { ServiceError } from '../../core/errors.ts';
import type { ChannelName, PackageId, PackageRef, VersionId } from '../../core/names.ts';
import { aliasOf, isNamed, namesOf, normalName } from '../../core/naming/filenames.ts';
import {
  type Catalog,
  type Expected,
  type ExpectedChannel,
  isAsExpected,
  isExpectedChannel,
  type Page,
  type PageRequest,
} from '../../core/ports/catalog.ts';
import {
  applyChange,
  applyVersionChange,
  type ChannelRecord,
  type LinkRecord,
  type PackageChange,
  type PackageRecord,
  type PackageState,
  type Timestamp,
  type TokenRecord,
  type VersionChange,
  type VersionRecord,
} from '../../core/records.ts';
import { DiskReserve } from './disk-reserve.ts';
import { checksumOf, type Table } from './file/checksums.ts';
import { CommitQueue, type Urgency } from './file/commit-queue.ts';
import { type CatalogDatabaseOptions, openCatalogDatabase } from './file/open-catalog-database.ts';
import {
  channelRow,
  linkRow,
  packageRow,
  type Row,
  readChannel,
  readLink,
  readPackage,
  readToken,
  readVersion,
  tokenRow,
  versionRow,
} from './file/rows.ts';
import { isOutOfRoom, outOfSpaceForCallers, translateSqliteError } from './file/sqlite-errors.ts';
import { type BrokenRecord, BrokenRecords, brokenError } from './safety/broken-records.ts';
import { CatalogGuard } from './safety/catalog-guard.ts';
import {
  type CatalogReport,
  checkCatalog,
  describeFaults,
  mendNames,
} from './safety/check-catalog.ts';
import { prepareStatements, type Statements } from './statements.ts';

export interface SqliteCatalogOptions extends CatalogDatabaseOptions {
  /** Is called once for each record that is found to be broken. */
  readonly onBroken?: (record: BrokenRecord) => void;
  /** Keeps room on the disk for what takes something away: for the server that owns the catalog. @default false */
  readonly keepReserve?: boolean;
}

/** Records that `unfinished` holds at a time. */
const UNFINISHED_PAGE = 100;
/** https://www.sqlite.org/lang_select.html#limitoffset */
const NO_LIMIT = -1;
const REFILL_EVERY_MS = 60_000;

const STATES: readonly PackageState[] = [
  'pending',
  'verifying',
  'available',
  'yanked',
  'rejected',
  'deleted',
];

const CHECKSUM = 'its checksum does not fit what it holds';

/** A row of a list: its position, and its record unless that is broken. */
interface Listed<Rec> {
  readonly row: Row;
  readonly record: Rec | undefined;
}

/**
 * Writes are on disk (WAL, synchronous FULL) before their promise resolves; reads block the event loop for microseconds. A record whose
 * checksum does not fit is an error where it is read by its name, and left out of lists; every one is reported.
 */
export class SqliteCatalog implements Catalog {
  readonly #db: DatabaseSync;
  readonly #what: string;
  readonly #sql: Statements;
  readonly #writes: CommitQueue;
  readonly #guard: CatalogGuard;
  readonly #broken: BrokenRecords;
  readonly #refilling: NodeJS.Timeout | undefined;
  #hasCheckpointed = false;

  private constructor(db: DatabaseSync, options: SqliteCatalogOptions, reserve: DiskReserve) {
    const { path, onBroken, keepReserve = false } = options;
    this.#db = db;
    this.#what = `catalog ${path}`;
    this.#sql = prepareStatements(db);
    this.#guard = new CatalogGuard(path, () => this.#fact('server'));
    this.#broken = new BrokenRecords(onBroken);
    this.#writes = new CommitQueue(db, {
      guard: this.#guard,
      translate: (error) => this.#translate(error),
      makeRoom: () => this.#makeRoom(reserve),
    });
    if (!keepReserve) return;
    reserve.fill();
    this.#refilling = setInterval(() => reserve.fill(), REFILL_EVERY_MS).unref();
  }

  /** @throws INVALID_INPUT where the file is no catalog, NOT_SUPPORTED where a newer release wrote it, INTERNAL where it is damaged, UNAVAILABLE */
  static open(options: SqliteCatalogOptions): SqliteCatalog {
    const reserve = new DiskReserve(`${options.path}.reserve`);
    const db = openWithRoom(options, reserve);
    try {
      return new SqliteCatalog(db, options, reserve);
    } catch (error) {
      db.close();
      throw translateSqliteError(error, `catalog ${options.path}`);
    }
  }

  async getPackage(ref: PackageRef): Promise<PackageRecord | undefined> {
    return this.#package(ref);
  }

  async findPackage(versionId: VersionId, name: string): Promise<PackageRecord | undefined> {
    return this.#found(versionId, name);
  }

  async findInVersions(
    versionIds: readonly VersionId[],
    name: string,
  ): Promise<readonly PackageRecord[]> {
    const found: PackageRecord[] = [];
    for (const versionId of versionIds) {
      const record = await this.findPackage(versionId, name);
      if (record !== undefined) found.push(record);
      if (record?.publishedAt !== undefined) break;
    }
    return found;
  }

  async getPackages(
    versionId: VersionId,
    packageIds: readonly PackageId[],
  ): Promise<readonly (PackageRecord | undefined)[]> {
    return packageIds.map((packageId) => this.#package({ versionId, packageId }));
  }

  async listPackages(
    versionId: VersionId,
    states: readonly PackageState[],
    page: PageRequest & { readonly isConsistent?: boolean },
  ): Promise<Page<PackageRecord>> {
    const unwanted = STATES.filter((state) => !states.includes(state));
    const where = [versionId, page.after ?? '', JSON.stringify(unwanted)];
    const found = this.#packages(this.#sql.listPackages, ...where, page.limit + 1);
    return pageOf(found, page.limit, (row) => String(row['package_id']));
  }

  createPackage(record: PackageRecord, replaces?: Expected): Promise<boolean> {
    return this.#writes.enter(() => {
      if (this.#isTaken(record)) return false;
      const isFree =
        replaces === undefined
          ? this.#isAbsent(record) && this.#sql.insertPackage.run(valuesOf(record)).changes !== 0
          : isAsExpected(this.#package(record), replaces) &&
            this.#sql.updatePackage.run(valuesOf(record)).changes !== 0;
      if (!isFree) return false;
      this.#enterVersion({ versionId: record.versionId, createdAt: record.createdAt });
      return true;
    });
  }

  changePackage(
    ref: PackageRef,
    expected: Expected,
    change: PackageChange,
  ): Promise<PackageRecord | undefined> {
    const write = () => {
      const record = this.#package(ref);
      if (!isAsExpected(record, expected)) return undefined;
      const changed = applyChange(record, change);
      this.#sql.updatePackage.run(valuesOf(changed));
      return changed;
    };
    return this.#writes.enter(write, urgencyOf(change));
  }

  removePackage(ref: PackageRef, expected: Expected): Promise<boolean> {
    return this.#writes.enter(() => {
      if (!isAsExpected(this.#package(ref), expected)) return false;
      return this.#sql.removePackage.run(ref.versionId, ref.packageId).changes !== 0;
    }, 'urgent');
  }

  /** They are taken and given back in one transaction with the record. */
  async holdsNames(): Promise<boolean> {
    return true;
  }

  /** Reads page by page and keeps nothing open between them: what is written meanwhile is seen from the next page on. */
  async *unfinished(touchedUntil: Timestamp): AsyncGenerator<PackageRecord, void, void> {
    let after: readonly [string, string, string] | undefined = ['', '', ''];
    while (after !== undefined) {
      const found: readonly Listed<PackageRecord>[] = this.#packages(
        this.#sql.unfinished,
        touchedUntil,
        ...after,
        UNFINISHED_PAGE,
      );
      yield* recordsOf(found);
      const last = found.length < UNFINISHED_PAGE ? undefined : found.at(-1)?.row;
      after = last && [
        String(last['unfinished_since']),
        String(last['version_id']),
        String(last['package_id']),
      ];
    }
  }

  async pendingBytes(): Promise<ReadonlyMap<string, number>> {
    const rows = this.#translated(() => this.#sql.pendingBytes.all());
    return new Map(rows.map((row) => [String(row['created_by']), Number(row['bytes'])]));
  }

  async getVersion(versionId: VersionId): Promise<VersionRecord | undefined> {
    return this.#one('versions', versionId, this.#sql.getVersion, readVersion);
  }

  createVersion(record: VersionRecord): Promise<boolean> {
    return this.#writes.enter(() => {
      this.#broken.requireWhole('versions', record.versionId);
      return this.#enterVersion(record);
    });
  }

  changeVersion(
    versionId: VersionId,
    isDraft: boolean,
    change: VersionChange,
  ): Promise<VersionRecord | undefined> {
    return this.#writes.enter(() => {
      const current = this.#one('versions', versionId, this.#sql.getVersion, readVersion);
      if (current === undefined || (current.draft === true) !== isDraft) return undefined;
      const changed = applyVersionChange(current, change);
      const row = versionRow(changed);
      this.#sql.updateVersion.run(row.record, row.checksum, versionId);
      return changed;
    });
  }

  async listVersions(page: PageRequest): Promise<Page<VersionRecord>> {
    // Neither a timestamp nor a versionId holds a slash.
    const [createdAt = '', versionId = ''] = page.after?.split('/') ?? [];
    const read = (row: Row) => readVersion(row, String(row['version_id']));
    const nameOf = (row: Row) => String(row['version_id']);
    const found =
      page.after === undefined
        ? this.#all('versions', nameOf, read, this.#sql.listVersions, page.limit + 1)
        : this.#all(
            'versions',
            nameOf,
            read,
            this.#sql.listVersionsAfter,
            createdAt,
            versionId,
            page.limit + 1,
          );
    return pageOf(
      found,
      page.limit,
      (row) => `${String(row['created_at'])}/${String(row['version_id'])}`,
    );
  }

  async getChannel(channel: ChannelName): Promise<ChannelRecord | undefined> {
    return this.#channel(channel);
  }

  async listChannels(page: PageRequest): Promise<Page<ChannelRecord>> {
    const nameOf = (row: Row) => String(row['channel']);
    const read = (row: Row) => readChannel(row, nameOf(row));
    const found = this.#all(
      'channels',
      nameOf,
      read,
      this.#sql.listChannels,
      page.after ?? '',
      page.limit + 1,
    );
    return pageOf(found, page.limit, nameOf);
  }

  putChannel(record: ChannelRecord, expected?: ExpectedChannel | null): Promise<boolean> {
    return this.#writes.enter(() => {
      // Without a condition nothing is read: a channel whose record is broken is set again.
      const isExpected =
        expected === undefined || isExpectedChannel(this.#channel(record.channel), expected);
      if (!isExpected) return false;
      const row = channelRow(record);
      this.#sql.setChannel.run(record.channel, row.record, row.checksum);
      this.#broken.forget('channels', record.channel);
      return true;
    }, 'urgent');
  }

  deleteChannel(channel: ChannelName, expectedVersionId?: VersionId): Promise<boolean> {
    return this.#writes.enter(() => {
      if (expectedVersionId !== undefined) {
        const current = this.#channel(channel)?.versionId;
        if (current !== undefined && current !== expectedVersionId) return false;
      }
      this.#sql.deleteChannel.run(channel);
      this.#broken.forget('channels', channel);
      return true;
    }, 'urgent');
  }

  async getToken(tokenId: string): Promise<TokenRecord | undefined> {
    return this.#one('tokens', tokenId, this.#sql.getToken, readToken);
  }

  async listTokens(page: PageRequest): Promise<Page<TokenRecord>> {
    const found = this.#tokens(page.after ?? '', page.limit + 1);
    return pageOf(found, page.limit, (row) => String(row['token_id']));
  }

  async allTokens(): Promise<readonly TokenRecord[]> {
    return recordsOf(this.#tokens('', NO_LIMIT));
  }

  setTokenMakers(tokenId: string, makers: readonly string[]): Promise<boolean> {
    return this.#writes.enter(() => {
      const token = this.#one('tokens', tokenId, this.#sql.getToken, readToken);
      if (token === undefined) return false;
      const row = tokenRow({ ...token, makers });
      return this.#sql.updateToken.run(row.record, row.checksum, tokenId).changes !== 0;
    });
  }

  createToken(record: TokenRecord): Promise<boolean> {
    return this.#writes.enter(() => {
      this.#broken.requireWhole('tokens', record.tokenId);
      const row = tokenRow(record);
      return this.#sql.insertToken.run(record.tokenId, row.record, row.checksum).changes !== 0;
    });
  }

  async deleteToken(tokenId: string): Promise<void> {
    await this.#writes.enter(() => {
      this.#sql.deleteToken.run(tokenId);
      this.#broken.forget('tokens', tokenId);
    }, 'urgent');
  }

  async getLink(linkId: string): Promise<LinkRecord | undefined> {
    return this.#link(linkId);
  }

  async listLinks(page: PageRequest): Promise<Page<LinkRecord>> {
    const nameOf = (row: Row) => String(row['link_id']);
    const read = (row: Row) => readLink(row, nameOf(row));
    const where = [page.after ?? '', page.limit + 1];
    return pageOf(
      this.#all('links', nameOf, read, this.#sql.listLinks, ...where),
      page.limit,
      nameOf,
    );
  }

  createLink(record: LinkRecord): Promise<boolean> {
    return this.#writes.enter(() => {
      this.#broken.requireWhole('links', record.linkId);
      const row = linkRow(record);
      return this.#sql.insertLink.run(record.linkId, row.record, row.checksum).changes !== 0;
    });
  }

  countDownload(linkId: string): Promise<boolean> {
    return this.#writes.enter(() => {
      const link = this.#link(linkId);
      const downloads = (link?.downloads ?? 0) + 1;
      if (link === undefined || downloads > (link.maxDownloads ?? Infinity)) return false;
      const row = linkRow({ ...link, downloads });
      return this.#sql.updateLink.run(row.record, row.checksum, linkId).changes !== 0;
    });
  }

  async deleteLink(linkId: string): Promise<void> {
    await this.#writes.enter(() => {
      this.#sql.deleteLink.run(linkId);
      this.#broken.forget('links', linkId);
    }, 'urgent');
  }

  /** What names this catalog among others; undefined before it got its name. */
  get catalogId(): string | undefined {
    return this.#fact('catalogId');
  }

  async setCatalogId(id: string): Promise<void> {
    await this.#writes.enter(() => this.#setFact('catalogId', id), 'urgent');
  }

  /** Makes this the one server of the catalog: a server that claimed it before writes nothing any more. */
  async claim(): Promise<void> {
    const claim = randomUUID();
    await this.#writes.enter(() => this.#setFact('server', claim), 'urgent');
    this.#guard.claimed(claim);
  }

  /** Looks whether the file is still the one that was opened. @returns why nothing is read or written, undefined where all is well */
  checkFile(): ServiceError | undefined {
    return this.#guard.checkFile();
  }

  /** Checks the whole file, which takes 7 s of CPU time for a million records, and takes in what it finds. */
  examine(): CatalogReport {
    return this.takeIn(checkCatalog(this.#db));
  }

  /**
   * Takes in what a check of the whole file has found: with damage of the file nothing is read or written any more, and indexes that
   * do not fit are made again from their tables.
   * @returns what is to be told
   */
  takeIn(report: CatalogReport): CatalogReport {
    const mended = report.indexFaults.length > 0 ? this.#makeIndexes(report) : report;
    for (const record of mended.broken) this.#broken.add(record);
    if (mended.faults.length > 0) this.#guard.takeDamage(describeFaults(this.#what, mended));
    return mended;
  }

  /** The records that are known to be broken. */
  broken(): readonly BrokenRecord[] {
    return this.#broken.list();
  }

  /** Writes what waits, brings the write-ahead log into the file as far as other processes allow, and closes. Repeatable. */
  async close(): Promise<void> {
    if (!this.#db.isOpen) return;
    clearInterval(this.#refilling);
    this.#writes.flush();
    try {
      if (this.checkFile() === undefined) this.#checkpoint();
    } finally {
      this.#db.close();
    }
  }

  /** First by bringing the write-ahead log into the file, so that it begins at its start again; then from the reserve. */
  #makeRoom(reserve: DiskReserve): boolean {
    if (this.#hasCheckpointed) {
      this.#hasCheckpointed = false;
      return reserve.release();
    }
    this.#hasCheckpointed = true;
    this.#checkpoint();
    return true;
  }

  /** What does not fit into the file stays in the write-ahead log, and nothing is lost. */
  #checkpoint(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch (error) {
      if (!isOutOfRoom(error)) throw this.#translate(error);
    }
  }

  #translate(error: unknown): unknown {
    return outOfSpaceForCallers(translateSqliteError(error, this.#what));
  }

  #makeIndexes(report: CatalogReport): CatalogReport {
    try {
      this.#translated(() => {
        this.#db.exec('REINDEX');
        mendNames(this.#db);
      });
      const after = checkCatalog(this.#db);
      return {
        ...after,
        faults: [...after.faults, ...after.indexFaults],
        indexFaults: report.indexFaults,
      };
    } catch (error) {
      const faults = [`its indexes can't be made again: ${String(error)}`];
      return { ...report, faults };
    }
  }

  #package(ref: PackageRef): PackageRecord | undefined {
    const row = this.#translated(() => this.#sql.getPackage.get(ref.versionId, ref.packageId));
    if (row === undefined) {
      this.#broken.requireWhole('packages', `${ref.versionId}/${ref.packageId}`);
      return undefined;
    }
    return (
      readPackage(row, ref) ?? this.#throwBroken('packages', `${ref.versionId}/${ref.packageId}`)
    );
  }

  /** A rejected upload has no name in its column; its alias is not its own either. */
  #found(versionId: VersionId, name: string): PackageRecord | undefined {
    const row = this.#translated(() => this.#sql.findByName.get(versionId, normalName(name)));
    if (row !== undefined) {
      const packageId = String(row['package_id']) as PackageId;
      const record = readPackage(row, { versionId, packageId });
      if (record !== undefined && isNamed(record, name)) return record;
      this.#throwBroken('packages', `${versionId}/${packageId}`);
    }
    // An id holds no dot: an alias is split at its first one.
    const dot = name.indexOf('.');
    if (dot < 1) return undefined;
    const record = this.#package({ versionId, packageId: name.slice(0, dot) as PackageId });
    return record !== undefined && record.state !== 'rejected' && aliasOf(record) === name
      ? record
      : undefined;
  }

  /** Whether another package holds one of the names. */
  #isTaken(record: PackageRecord): boolean {
    return namesOf(record).some((name) => {
      const holder = this.#found(record.versionId, name);
      return holder !== undefined && holder.packageId !== record.packageId;
    });
  }

  #enterVersion(version: VersionRecord): boolean {
    const { versionId, createdAt } = version;
    const row = versionRow(version);
    return (
      this.#sql.insertVersion.run(versionId, createdAt, row.record, row.checksum).changes !== 0
    );
  }

  #link(linkId: string): LinkRecord | undefined {
    return this.#one('links', linkId, this.#sql.getLink, readLink);
  }

  #packages(
    statement: StatementSync,
    ...values: readonly SQLInputValue[]
  ): readonly Listed<PackageRecord>[] {
    const refOf = (row: Row) =>
      ({ versionId: row['version_id'], packageId: row['package_id'] }) as PackageRef;
    const nameOf = (row: Row) => `${row['version_id']}/${row['package_id']}`;
    return this.#all(
      'packages',
      nameOf,
      (row) => readPackage(row, refOf(row)),
      statement,
      ...values,
    );
  }

  #tokens(after: string, limit: number): readonly Listed<TokenRecord>[] {
    const nameOf = (row: Row) => String(row['token_id']);
    return this.#all(
      'tokens',
      nameOf,
      (row) => readToken(row, nameOf(row)),
      this.#sql.listTokens,
      after,
      limit,
    );
  }

  #channel(channel: ChannelName): ChannelRecord | undefined {
    return this.#one('channels', channel, this.#sql.getChannel, readChannel);
  }

  #one<Rec>(
    table: Table,
    name: string,
    statement: StatementSync,
    read: (row: Row, name: string) => Rec | undefined,
  ): Rec | undefined {
    const row = this.#translated(() => statement.get(name));
    if (row !== undefined) return read(row, name) ?? this.#throwBroken(table, name);
    this.#broken.requireWhole(table, name);
    return undefined;
  }

  #all<Rec>(
    table: Table,
    nameOf: (row: Row) => string,
    read: (row: Row) => Rec | undefined,
    statement: StatementSync,
    ...values: readonly SQLInputValue[]
  ): readonly Listed<Rec>[] {
    const rows = this.#translated(() => statement.all(...values));
    return rows.map((row) => {
      const record = read(row);
      if (record === undefined) this.#broken.add({ table, name: nameOf(row), detail: CHECKSUM });
      return { row, record };
    });
  }

  /** No row has the name, and none that is broken had it. @throws INTERNAL */
  #isAbsent(ref: PackageRef): boolean {
    this.#broken.requireWhole('packages', `${ref.versionId}/${ref.packageId}`);
    return true;
  }

  #throwBroken(table: Table, name: string): never {
    const record = { table, name, detail: CHECKSUM };
    this.#broken.add(record);
    throw brokenError(record);
  }

  #fact(name: string): string | undefined {
    const row = this.#translated(() => this.#sql.getFact.get(name));
    if (row === undefined) return undefined;
    const value = String(row['value']);
    return row['checksum'] === checksumOf('facts', name, value)
      ? value
      : this.#throwBroken('facts', name);
  }

  #setFact(name: string, value: string): void {
    this.#sql.setFact.run(name, value, checksumOf('facts', name, value));
  }

  #translated<Result>(run: () => Result): Result {
    if (this.#guard.refusal !== undefined) throw this.#guard.refusal;
    try {
      return run();
    } catch (error) {
      throw this.#translate(error);
    }
  }
}

/** On a full disk even a reader needs room. */
function openWithRoom(options: CatalogDatabaseOptions, reserve: DiskReserve): DatabaseSync {
  for (;;) {
    try {
      return openCatalogDatabase(options);
    } catch (error) {
      const { cause } = error as Error;
      if (!isOutOfRoom(cause)) throw error;
      if (!reserve.release()) return openCatalogDatabase({ ...options, alone: true });
    }
  }
}

/** What ends downloads or frees room, and its undoing. */
function urgencyOf({ state, yankedAt, purging, damage }: PackageChange): Urgency {
  const isRestored = state === 'available' && yankedAt === null;
  const isUrgent =
    state === 'yanked' ||
    state === 'deleted' ||
    isRestored ||
    purging === null ||
    damage !== undefined;
  return isUrgent ? 'urgent' : 'usual';
}

function valuesOf(record: PackageRecord): Record<string, SQLInputValue> {
  return { versionId: record.versionId, packageId: record.packageId, ...packageRow(record) };
}

function recordsOf<Rec>(listed: readonly Listed<Rec>[]): readonly Rec[] {
  return listed.flatMap(({ record }) => (record === undefined ? [] : [record]));
}

/** @param found up to one more than `limit`: the one more says that the list goes on */
function pageOf<Rec>(
  found: readonly Listed<Rec>[],
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
