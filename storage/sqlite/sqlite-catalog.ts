/** The embedded catalog: records in one SQLite file, which other processes may open at the same time. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { ChannelName, PackageId, PackageRef, VersionId } from '../../core/names.ts';
import type { Catalog, Expected, Page, PageRequest } from '../../core/ports/catalog.ts';
import {
  applyChange,
  type ChannelRecord,
  type PackageChange,
  type PackageRecord,
  type PackageState,
  type Timestamp,
  type TokenRecord,
  type VersionRecord,
} from '../../core/records.ts';
import { CommitQueue, type Urgency } from './commit-queue.ts';
import { DiskReserve } from './disk-reserve.ts';
import { type CatalogDatabaseOptions, openCatalogDatabase } from './open-catalog-database.ts';
import { type Row, readChannel, readPackage, readToken, readVersion } from './rows.ts';
import { isOutOfRoom, outOfSpaceForCallers, translateSqliteError } from './sqlite-errors.ts';
import { prepareStatements, type Statements } from './statements.ts';

/** Records that `unfinished` holds at a time. */
const UNFINISHED_PAGE = 100;
/** https://www.sqlite.org/lang_select.html#limitoffset */
const NO_LIMIT = -1;
const REFILL_EVERY_MS = 60_000;

export interface SqliteCatalogOptions extends CatalogDatabaseOptions {
  /** Keeps room on the disk for what takes something away: for the server that owns the catalog. @default false */
  readonly keepReserve?: boolean;
}

/** Writes are on disk (WAL, synchronous FULL) before their promise resolves; reads block the event loop for microseconds. */
export class SqliteCatalog implements Catalog {
  readonly #db: DatabaseSync;
  readonly #what: string;
  readonly #sql: Statements;
  readonly #writes: CommitQueue;
  readonly #refilling: NodeJS.Timeout | undefined;
  #hasCheckpointed = false;

  private constructor(db: DatabaseSync, { path, keepReserve = false }: SqliteCatalogOptions, reserve: DiskReserve) {
    this.#db = db;
    this.#what = `catalog ${path}`;
    this.#sql = prepareStatements(db);
    this.#writes = new CommitQueue(db, {
      translate: (error) => this.#translate(error),
      makeRoom: () => this.#makeRoom(reserve),
    });
    if (!keepReserve) return;
    reserve.fill();
    this.#refilling = setInterval(() => reserve.fill(), REFILL_EVERY_MS).unref();
  }

  /** @throws INVALID_INPUT where the file is no catalog, NOT_SUPPORTED where a newer release wrote it, UNAVAILABLE */
  static open(options: SqliteCatalogOptions): SqliteCatalog {
    const reserve = new DiskReserve(`${options.path}.reserve`);
    return new SqliteCatalog(openWithRoom(options, reserve), options, reserve);
  }

  async getPackage(ref: PackageRef): Promise<PackageRecord | undefined> {
    return this.#one(this.#sql.getPackage, readPackage, ref.versionId, ref.packageId);
  }

  async getPackages(
    versionId: VersionId,
    packageIds: readonly PackageId[],
  ): Promise<readonly (PackageRecord | undefined)[]> {
    const read = (row: Row) => (row['record'] === null ? undefined : readPackage(row));
    return this.#all(this.#sql.getPackages, read, JSON.stringify(packageIds), versionId);
  }

  async listPackages(
    versionId: VersionId,
    states: readonly PackageState[],
    page: PageRequest,
  ): Promise<Page<PackageRecord>> {
    const where = [versionId, page.after ?? '', JSON.stringify(states)];
    const records = this.#all(this.#sql.listPackages, readPackage, ...where, page.limit + 1);
    return pageOf(records, page.limit, (record) => record.packageId);
  }

  createPackage(record: PackageRecord, replaces?: Expected): Promise<boolean> {
    return this.#writes.enter(() => {
      const json = JSON.stringify(record);
      const { changes } =
        replaces === undefined
          ? this.#sql.insertPackage.run(record.versionId, record.packageId, json)
          : this.#sql.replacePackage.run({ ...condition(record, replaces), record: json });
      if (changes === 0) return false;
      this.#sql.insertVersion.run(record.versionId, record.createdAt);
      return true;
    });
  }

  changePackage(ref: PackageRef, expected: Expected, change: PackageChange): Promise<PackageRecord | undefined> {
    const write = () => {
      const row = this.#sql.getExpectedPackage.get(condition(ref, expected));
      if (row === undefined) return undefined;
      const changed = applyChange(readPackage(row), change);
      this.#sql.updatePackage.run(JSON.stringify(changed), ref.versionId, ref.packageId);
      return changed;
    };
    return this.#writes.enter(write, urgencyOf(change));
  }

  removePackage(ref: PackageRef, expected: Expected): Promise<boolean> {
    return this.#writes.enter(() => this.#sql.removePackage.run(condition(ref, expected)).changes !== 0, 'urgent');
  }

  /** Reads page by page and keeps nothing open between them: what is written meanwhile is seen from the next page on. */
  async *unfinished(touchedUntil: Timestamp): AsyncGenerator<PackageRecord, void, void> {
    let after: readonly [string, string, string] | undefined = ['', '', ''];
    while (after !== undefined) {
      const records: readonly PackageRecord[] = this.#all(
        this.#sql.unfinished,
        readPackage,
        touchedUntil,
        ...after,
        UNFINISHED_PAGE,
      );
      yield* records;
      const last = records.length < UNFINISHED_PAGE ? undefined : records.at(-1);
      after = last && [last.touchedAt, last.versionId, last.packageId];
    }
  }

  async pendingBytes(): Promise<ReadonlyMap<string, number>> {
    const read = (row: Row) => [String(row['created_by']), Number(row['bytes'])] as const;
    return new Map(this.#all(this.#sql.pendingBytes, read));
  }

  async getVersion(versionId: VersionId): Promise<VersionRecord | undefined> {
    return this.#one(this.#sql.getVersion, readVersion, versionId);
  }

  async listVersions(page: PageRequest): Promise<Page<VersionRecord>> {
    // Neither a timestamp nor a versionId holds a slash.
    const [createdAt = '', versionId = ''] = page.after?.split('/') ?? [];
    const versions =
      page.after === undefined
        ? this.#all(this.#sql.listVersions, readVersion, page.limit + 1)
        : this.#all(this.#sql.listVersionsAfter, readVersion, createdAt, versionId, page.limit + 1);
    return pageOf(versions, page.limit, (version) => `${version.createdAt}/${version.versionId}`);
  }

  async getChannel(channel: ChannelName): Promise<ChannelRecord | undefined> {
    return this.#one(this.#sql.getChannel, readChannel, channel);
  }

  async listChannels(page: PageRequest): Promise<Page<ChannelRecord>> {
    const channels = this.#all(this.#sql.listChannels, readChannel, page.after ?? '', page.limit + 1);
    return pageOf(channels, page.limit, (record) => record.channel);
  }

  putChannel(record: ChannelRecord, expectedVersionId?: VersionId | null): Promise<boolean> {
    const values = [record.versionId, record.updatedAt, record.channel];
    return this.#writes.enter(() => {
      if (expectedVersionId === undefined) return this.#sql.setChannel.run(...values).changes !== 0;
      if (expectedVersionId === null) return this.#sql.addChannel.run(...values).changes !== 0;
      return this.#sql.moveChannel.run(...values, expectedVersionId).changes !== 0;
    }, 'urgent');
  }

  deleteChannel(channel: ChannelName, expectedVersionId?: VersionId): Promise<boolean> {
    return this.#writes.enter(() => {
      this.#sql.deleteChannel.run(channel, expectedVersionId ?? null);
      return this.#sql.getChannel.get(channel) === undefined;
    }, 'urgent');
  }

  async getToken(tokenId: string): Promise<TokenRecord | undefined> {
    return this.#one(this.#sql.getToken, readToken, tokenId);
  }

  async listTokens(page: PageRequest): Promise<Page<TokenRecord>> {
    const tokens = this.#all(this.#sql.listTokens, readToken, page.after ?? '', page.limit + 1);
    return pageOf(tokens, page.limit, (record) => record.tokenId);
  }

  async allTokens(): Promise<readonly TokenRecord[]> {
    return this.#all(this.#sql.listTokens, readToken, '', NO_LIMIT);
  }

  setTokenMakers(tokenId: string, makers: readonly string[]): Promise<boolean> {
    return this.#writes.enter(() => {
      const row = this.#sql.getToken.get(tokenId);
      if (row === undefined) return false;
      this.#sql.updateToken.run(JSON.stringify({ ...readToken(row), makers }), tokenId);
      return true;
    });
  }

  createToken(record: TokenRecord): Promise<boolean> {
    return this.#writes.enter(() => this.#sql.insertToken.run(record.tokenId, JSON.stringify(record)).changes !== 0);
  }

  async deleteToken(tokenId: string): Promise<void> {
    await this.#writes.enter(() => this.#sql.deleteToken.run(tokenId), 'urgent');
  }

  /** Writes what waits, brings the write-ahead log into the file as far as other processes allow, and closes. Repeatable. */
  async close(): Promise<void> {
    if (!this.#db.isOpen) return;
    clearInterval(this.#refilling);
    this.#writes.flush();
    try {
      this.#checkpoint();
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

  #one<Rec>(statement: StatementSync, read: (row: Row) => Rec, ...values: readonly SQLInputValue[]): Rec | undefined {
    const row = this.#translated(() => statement.get(...values));
    return row === undefined ? undefined : read(row);
  }

  #all<Rec>(statement: StatementSync, read: (row: Row) => Rec, ...values: readonly SQLInputValue[]): readonly Rec[] {
    return this.#translated(() => statement.all(...values)).map(read);
  }

  #translated<Result>(run: () => Result): Result {
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
  const isUrgent = state === 'yanked' || state === 'deleted' || isRestored || purging === null || damage !== undefined;
  return isUrgent ? 'urgent' : 'usual';
}

function condition(ref: PackageRef, expected: Expected): Record<string, SQLInputValue> {
  return {
    versionId: ref.versionId,
    packageId: ref.packageId,
    attemptId: expected.attemptId,
    states: JSON.stringify(expected.states),
    touchedAt: expected.touchedAt ?? null,
    store: expected.store ?? null,
  };
}

/** @param found up to one more than `limit`: the one more says that the list goes on */
function pageOf<Rec>(found: readonly Rec[], limit: number, positionOf: (record: Rec) => string): Page<Rec> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, next: positionOf(last) } : { items };
}
