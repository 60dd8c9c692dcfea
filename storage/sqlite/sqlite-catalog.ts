/**
 * The embedded catalog: records in one SQLite file, which other processes may open at the same
 * time.
 *
 * How a write happens, and what is left when the process is killed or the power fails:
 *
 * 1. A method such as `changePackage` puts its write into the commit queue. Nothing is on disk yet:
 *    a crash loses the write, and the caller got no answer.
 * 2. At the end of the turn of the event loop, the queue opens one transaction for all writes that
 *    wait (`BEGIN IMMEDIATE`, which takes SQLite's write lock). It first checks that the file is
 *    the one that was opened, and then that no other server has claimed the catalog.
 * 3. Each write reads the record, checks that it is as expected, and writes the new one with its
 *    checksum. A crash before the commit loses the whole transaction: SQLite ignores it when the
 *    file is opened again.
 * 4. `COMMIT` appends the transaction to the write-ahead log and syncs the log (`synchronous =
 *    FULL`). From here on the writes survive a power failure.
 * 5. The queue checks again that the file is in its place, and resolves the promises. After a crash
 *    between 4 and 5 the record is written, but the caller does not know: it reads the record
 *    again.
 *
 * The event of the audit for a write is in the transaction of that write.
 *
 * A checkpoint copies the log into the file. A crash during a checkpoint loses nothing, because the
 * log stays until all of it was copied and synced.
 *
 * On a full disk a commit fails with OUT_OF_SPACE, and nothing of it is written. For urgent writes
 * (a yank, a delete, a revoked token) the queue then makes room, first by a checkpoint, then from
 * the reserve file, and tries again.
 */

import type { SQLInputValue } from 'node:sqlite';
import { randomTokenId } from '../../core/access/access.ts';
import {
  channelEvent,
  channelGoneEvent,
  linkGoneEvent,
  newLinkEvent,
  newTokenEvent,
  newTrustRuleEvent,
  newVersionEvent,
  packageEvent,
  tokenGoneEvent,
  trustRuleGoneEvent,
  versionEvent,
} from '../../core/audit/events.ts';
import type { CheckRun } from '../../core/checked.ts';
import { addSeconds, type Timestamp } from '../../core/clock.ts';
import type { ChannelName, PackageId, PackageRef, VersionId } from '../../core/names.ts';
import { namesOf } from '../../core/naming/filenames.ts';
import {
  type AuditRange,
  type Catalog,
  type Expected,
  type ExpectedChannel,
  type ExpectedVersion,
  findOneByOne,
  isAsExpected,
  isExpectedChannel,
  isExpectedVersion,
  type Page,
  type PageRequest,
  type PublishedTotals,
} from '../../core/ports/catalog.ts';
import type { TokenUses } from '../../core/ports/token-uses.ts';
import {
  type AuditDay,
  type AuditEvent,
  applyChange,
  applyVersionChange,
  type ChannelRecord,
  EXPIRED_GRANT_SECONDS,
  type LinkRecord,
  type PackageChange,
  type PackageRecord,
  type PackageState,
  type TokenRecord,
  type TrustRule,
  type VersionChange,
  type VersionRecord,
} from '../../core/records.ts';
import { CatalogFile, type CatalogFileOptions } from './catalog-file.ts';
import type { CommitQueue, Urgency } from './file/commit-queue.ts';
import {
  channelRow,
  checkRunRow,
  linkRow,
  packageRow,
  type Row,
  tokenRow,
  trustRow,
  versionRow,
} from './file/rows.ts';
import { type ListedRow, pageOf, type RecordReader, recordsOf } from './record-reader.ts';
import type { BrokenRecords } from './safety/broken-records.ts';
import type { SqliteAudit } from './sqlite-audit.ts';
import type { Statements } from './statements.ts';

/** How many records `unfinished` holds in memory at a time. */
const UNFINISHED_PAGE = 100;
/** https://www.sqlite.org/lang_select.html#limitoffset */
const NO_LIMIT = -1;

const STATES: readonly PackageState[] = [
  'pending',
  'verifying',
  'available',
  'yanked',
  'rejected',
  'deleted',
];

export interface SqliteCatalogOptions extends CatalogFileOptions {
  /** In milliseconds. @default Date.now */
  readonly now?: () => number;
}

/**
 * Writes are on disk before their promise resolves. Reads block the event loop for microseconds. A
 * broken record is an error where it is read by its name, and is left out of lists; each is
 * reported once.
 */
export class SqliteCatalog implements Catalog {
  /** The file as a whole: whose it is, and whether it is damaged. */
  readonly file: CatalogFile;
  readonly #sql: Statements;
  readonly #writes: CommitQueue;
  readonly #broken: BrokenRecords;
  readonly #read: RecordReader;
  readonly #audit: SqliteAudit;
  readonly #now: () => number;

  private constructor(file: CatalogFile, now: () => number) {
    this.file = file;
    this.#now = now;
    this.#audit = file.audit;
    this.#sql = file.statements;
    this.#writes = file.writes;
    this.#broken = file.brokenRecords;
    this.#read = file.reader;
  }

  /**
   * @throws INVALID_INPUT when the file is not a catalog, NOT_SUPPORTED when a newer release wrote
   *   it, INTERNAL when it is damaged, UNAVAILABLE
   */
  static open({ now = Date.now, ...options }: SqliteCatalogOptions): SqliteCatalog {
    return new SqliteCatalog(CatalogFile.open(options), now);
  }

  async getPackage(ref: PackageRef): Promise<PackageRecord | undefined> {
    return this.#read.package(ref);
  }

  async findPackage(versionId: VersionId, name: string): Promise<PackageRecord | undefined> {
    return this.#read.packageNamed(versionId, name);
  }

  findInVersions(
    versionIds: readonly VersionId[],
    name: string,
  ): Promise<readonly PackageRecord[]> {
    return findOneByOne(this, versionIds, name);
  }

  async getPackages(
    versionId: VersionId,
    packageIds: readonly PackageId[],
  ): Promise<readonly (PackageRecord | undefined)[]> {
    return packageIds.map((packageId) => this.#read.package({ versionId, packageId }));
  }

  async listPackages(
    versionId: VersionId,
    states: readonly PackageState[],
    page: PageRequest & { readonly isConsistent?: boolean },
  ): Promise<Page<PackageRecord>> {
    const unwanted = STATES.filter((state) => !states.includes(state));
    const where = [versionId, page.after ?? '', JSON.stringify(unwanted)];
    const found = this.#read.packages(this.#sql.listPackages, ...where, page.limit + 1);
    return pageOf(found, page.limit, (row) => String(row['package_id']));
  }

  async findByDigest(sha256: string, page: PageRequest): Promise<Page<PackageRecord>> {
    // Ids contain no slash.
    const [versionId = '', packageId = ''] = page.after?.split('/') ?? [];
    const where = [sha256, versionId, packageId];
    const found = this.#read.packages(this.#sql.findByDigest, ...where, page.limit + 1);
    const positionOf = (row: Row) => `${String(row['version_id'])}/${String(row['package_id'])}`;
    return pageOf(found, page.limit, positionOf);
  }

  createPackage(record: PackageRecord, replaces?: Expected): Promise<boolean> {
    return this.#writes.enter(() => {
      if (this.#isTaken(record)) return false;
      const isFree =
        replaces === undefined
          ? this.#insertPackage(record)
          : isAsExpected(this.#read.package(record), replaces) &&
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
      const record = this.#read.package(ref);
      if (!isAsExpected(record, expected)) return undefined;
      const changed = applyChange(record, change);
      this.#sql.updatePackage.run(valuesOf(changed));
      return changed;
    };
    const event = packageEvent(this.#at, ref, change);
    return this.#writes.enter(this.#noting(event, write), urgencyOf(change));
  }

  removePackage(ref: PackageRef, expected: Expected): Promise<boolean> {
    return this.#writes.enter(() => {
      if (!isAsExpected(this.#read.package(ref), expected)) return false;
      return this.#sql.removePackage.run(ref.versionId, ref.packageId).changes !== 0;
    }, 'urgent');
  }

  /** Names are taken and given back in the transaction that writes the record. */
  async holdsNames(): Promise<boolean> {
    return true;
  }

  /** Reads page by page, and keeps no statement open in between: later pages show later writes. */
  async *unfinished(touchedUntil: Timestamp): AsyncGenerator<PackageRecord, void, void> {
    let after: readonly [string, string, string] | undefined = ['', '', ''];
    while (after !== undefined) {
      const found: readonly ListedRow<PackageRecord>[] = this.#read.packages(
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
    const rows = this.#read.run(() => this.#sql.pendingBytes.all());
    return new Map(rows.map((row) => [String(row['created_by']), Number(row['bytes'])]));
  }

  /** How many packages are in each state that is not final: a part of an index, for figures. */
  async countUnfinished(): Promise<ReadonlyMap<string, number>> {
    const rows = this.#read.run(() => this.#sql.countUnfinished.all());
    return new Map(rows.map((row) => [String(row['state']), Number(row['count'])]));
  }

  publishedTotals(): Promise<PublishedTotals> {
    return this.file.publishedTotals();
  }

  async getVersion(versionId: VersionId): Promise<VersionRecord | undefined> {
    return this.#read.version(versionId);
  }

  createVersion(record: VersionRecord): Promise<boolean> {
    const write = () => {
      this.#broken.requireWhole('versions', record.versionId);
      return this.#enterVersion(record);
    };
    return this.#writes.enter(this.#noting(newVersionEvent(this.#at, record), write));
  }

  changeVersion(
    versionId: VersionId,
    expected: ExpectedVersion,
    change: VersionChange,
  ): Promise<VersionRecord | undefined> {
    const write = () => {
      const current = this.#read.version(versionId);
      if (!isExpectedVersion(current, expected)) return undefined;
      const changed = applyVersionChange(current, change);
      const row = versionRow(changed);
      this.#sql.updateVersion.run(row.record, row.checksum, versionId);
      return changed;
    };
    return this.#writes.enter(this.#noting(versionEvent(this.#at, versionId, change), write));
  }

  async listVersions(page: PageRequest): Promise<Page<VersionRecord>> {
    // Neither a timestamp nor a versionId contains a slash.
    const [createdAt = '', versionId = ''] = page.after?.split('/') ?? [];
    const limit = page.limit + 1;
    const found =
      page.after === undefined
        ? this.#read.versions(this.#sql.listVersions, limit)
        : this.#read.versions(this.#sql.listVersionsAfter, createdAt, versionId, limit);
    const positionOf = (row: Row) => `${String(row['created_at'])}/${String(row['version_id'])}`;
    return pageOf(found, page.limit, positionOf);
  }

  async getChannel(channel: ChannelName): Promise<ChannelRecord | undefined> {
    return this.#read.channel(channel);
  }

  async listChannels(page: PageRequest): Promise<Page<ChannelRecord>> {
    const found = this.#read.channels(page.after ?? '', page.limit + 1);
    return pageOf(found, page.limit, (row) => String(row['channel']));
  }

  putChannel(record: ChannelRecord, expected?: ExpectedChannel | null): Promise<boolean> {
    const write = () => {
      // Without a condition nothing is read, so a channel with a broken record can be set again.
      const isExpected =
        expected === undefined || isExpectedChannel(this.#read.channel(record.channel), expected);
      if (!isExpected) return false;
      const row = channelRow(record);
      this.#sql.setChannel.run(record.channel, row.record, row.checksum);
      this.#broken.forget('channels', record.channel);
      return true;
    };
    return this.#writes.enter(this.#noting(channelEvent(this.#at, record), write), 'urgent');
  }

  deleteChannel(channel: ChannelName, expectedVersionId?: VersionId): Promise<boolean> {
    const event = channelGoneEvent(this.#at, channel);
    return this.#writes.enter(() => {
      if (expectedVersionId !== undefined) {
        const current = this.#read.channel(channel)?.versionId;
        if (current !== undefined && current !== expectedVersionId) return false;
      }
      if (this.#sql.deleteChannel.run(channel).changes !== 0) this.#audit.note(event);
      this.#broken.forget('channels', channel);
      return true;
    }, 'urgent');
  }

  async getCheckRun(checkId: string): Promise<CheckRun | undefined> {
    return this.#read.checkRun(checkId);
  }

  /** Reads nothing before, so a broken one is written again. */
  async putCheckRun(run: CheckRun): Promise<void> {
    await this.#writes.enter(() => {
      const row = checkRunRow(run);
      this.#sql.setCheckRun.run(run.checkId, row.record, row.checksum);
      this.#broken.forget('check_runs', run.checkId);
    });
  }

  async getToken(tokenId: string): Promise<TokenRecord | undefined> {
    return this.#read.token(tokenId);
  }

  async listTokens(page: PageRequest): Promise<Page<TokenRecord>> {
    const found = this.#read.tokens(page.after ?? '', page.limit + 1);
    return pageOf(found, page.limit, (row) => String(row['token_id']));
  }

  async allTokens(): Promise<readonly TokenRecord[]> {
    return recordsOf(this.#read.tokens('', NO_LIMIT));
  }

  setTokenMakers(tokenId: string, makers: readonly string[]): Promise<boolean> {
    return this.#writes.enter(() => {
      const token = this.#read.token(tokenId);
      if (token === undefined) return false;
      const row = tokenRow({ ...token, makers });
      return this.#sql.updateToken.run(row.record, row.checksum, tokenId).changes !== 0;
    });
  }

  async newTokenId(): Promise<string> {
    return randomTokenId();
  }

  createToken(record: TokenRecord): Promise<boolean> {
    const write = () => {
      this.#broken.requireWhole('tokens', record.tokenId);
      if (record.upload !== undefined) this.#sql.forgetGrants.run(oldestGrant(record));
      const row = tokenRow(record);
      return this.#sql.insertToken.run(record.tokenId, row.record, row.checksum).changes !== 0;
    };
    return this.#writes.enter(this.#noting(newTokenEvent(this.#at, record), write));
  }

  async deleteToken(tokenId: string): Promise<void> {
    const event = tokenGoneEvent(this.#at, tokenId);
    await this.#writes.enter(() => {
      if (this.#sql.deleteToken.run(tokenId).changes !== 0) this.#audit.note(event);
      this.#sql.forgetTokenUse.run(tokenId);
      this.#broken.forget('tokens', tokenId);
    }, 'urgent');
  }

  get tokenUses(): TokenUses {
    return this.file.tokenUses;
  }

  async allTrustRules(): Promise<readonly TrustRule[]> {
    return recordsOf(this.#read.trustRules());
  }

  createTrustRule(rule: TrustRule): Promise<boolean> {
    const write = () => {
      this.#broken.requireWhole('trust_rules', rule.ruleId);
      const row = trustRow(rule);
      return this.#sql.insertTrustRule.run(rule.ruleId, row.record, row.checksum).changes !== 0;
    };
    return this.#writes.enter(this.#noting(newTrustRuleEvent(this.#at, rule), write));
  }

  pinTrustRule(ruleId: string, pinned: Readonly<Record<string, string>>): Promise<boolean> {
    return this.#changeTrustRule(ruleId, (rule) =>
      rule.pinned === undefined ? { ...rule, pinned } : undefined,
    );
  }

  setTrustRuleMakers(ruleId: string, makers: readonly string[]): Promise<boolean> {
    return this.#changeTrustRule(ruleId, (rule) => ({ ...rule, makers }));
  }

  async deleteTrustRule(ruleId: string): Promise<void> {
    const event = trustRuleGoneEvent(this.#at, ruleId);
    await this.#writes.enter(() => {
      if (this.#sql.deleteTrustRule.run(ruleId).changes !== 0) this.#audit.note(event);
      this.#broken.forget('trust_rules', ruleId);
    }, 'urgent');
  }

  useOnce(key: string, until: Timestamp, now: Timestamp): Promise<boolean> {
    return this.#writes.enter(() => {
      this.#sql.forgetUsedTokens.run(now);
      return this.#sql.useToken.run(key, until).changes !== 0;
    });
  }

  /** @param change returns undefined where the rule stays as it is */
  #changeTrustRule(
    ruleId: string,
    change: (rule: TrustRule) => TrustRule | undefined,
  ): Promise<boolean> {
    return this.#writes.enter(() => {
      const rule = this.#read.trustRule(ruleId);
      const changed = rule && change(rule);
      if (changed === undefined) return false;
      const row = trustRow(changed);
      return this.#sql.updateTrustRule.run(row.record, row.checksum, ruleId).changes !== 0;
    });
  }

  async getLink(linkId: string): Promise<LinkRecord | undefined> {
    return this.#read.link(linkId);
  }

  async listLinks(page: PageRequest): Promise<Page<LinkRecord>> {
    const found = this.#read.links(page.after ?? '', page.limit + 1);
    return pageOf(found, page.limit, (row) => String(row['link_id']));
  }

  createLink(record: LinkRecord): Promise<boolean> {
    const write = () => {
      this.#broken.requireWhole('links', record.linkId);
      const row = linkRow(record);
      return this.#sql.insertLink.run(record.linkId, row.record, row.checksum).changes !== 0;
    };
    return this.#writes.enter(this.#noting(newLinkEvent(this.#at, record), write));
  }

  countDownload(linkId: string): Promise<boolean> {
    return this.#writes.enter(() => {
      const link = this.#read.link(linkId);
      const downloads = (link?.downloads ?? 0) + 1;
      if (link === undefined || downloads > (link.maxDownloads ?? Infinity)) return false;
      const row = linkRow({ ...link, downloads });
      return this.#sql.updateLink.run(row.record, row.checksum, linkId).changes !== 0;
    });
  }

  async deleteLink(linkId: string): Promise<void> {
    const event = linkGoneEvent(this.#at, linkId);
    await this.#writes.enter(() => {
      if (this.#sql.deleteLink.run(linkId).changes !== 0) this.#audit.note(event);
      this.#broken.forget('links', linkId);
    }, 'urgent');
  }

  async listAudit(range: AuditRange, page: PageRequest): Promise<Page<AuditEvent>> {
    return this.#audit.list(range, page);
  }

  async listAuditDays(page: PageRequest): Promise<Page<AuditDay>> {
    return this.#audit.days(page);
  }

  createAuditDay(day: AuditDay): Promise<boolean> {
    return this.#writes.enter(() => this.#audit.createDay(day));
  }

  forgetAudit(before: Timestamp): Promise<void> {
    return this.#writes.enter(() => this.#audit.forget(before));
  }

  get #at(): Date {
    return new Date(this.#now());
  }

  /** The same write, which also notes its event where it changed something. */
  #noting<Result>(event: AuditEvent | undefined, write: () => Result): () => Result {
    return () => {
      const result = write();
      if (result !== false && result !== undefined) this.#audit.note(event);
      return result;
    };
  }

  /** Closes the file, after the writes that wait. Repeatable. */
  close(): Promise<void> {
    return this.file.close();
  }

  /** @throws INTERNAL when a broken record had this name */
  #insertPackage(record: PackageRecord): boolean {
    this.#broken.requireWhole('packages', `${record.versionId}/${record.packageId}`);
    return this.#sql.insertPackage.run(valuesOf(record)).changes !== 0;
  }

  /** Whether another package holds one of the names. */
  #isTaken(record: PackageRecord): boolean {
    return namesOf(record).some((name) => {
      const holder = this.#read.packageNamed(record.versionId, name);
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
}

/** Urgent is what ends downloads or frees room, and a restore, which undoes that. */
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

/** Grants that expired before this leave the lists. */
function oldestGrant({ createdAt }: TokenRecord): Timestamp {
  return addSeconds(new Date(createdAt), -EXPIRED_GRANT_SECONDS).toISOString();
}
