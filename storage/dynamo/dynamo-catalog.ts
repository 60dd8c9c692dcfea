/**
 * The catalog that several servers share: records in one DynamoDB table. table.ts has the keys,
 * docs/dynamodb.md the access patterns and their cost.
 *
 * There are no transactions. Each write has a condition on one item, and the order of the writes
 * does the rest. How a write happens, and what is left when the server stops at each step:
 *
 * 1. A new upload first writes its version, if no version has that id. Then it claims its names
 *    (claims.ts), and then it writes the package, if no package has that id. A crash in between
 *    leaves a version without packages, which the next upload uses, or claims that do not count.
 *    The other order could leave a package that no list shows. After the write, the upload checks
 *    its claims again, and withdraws its record if it lost one.
 * 2. Each put and update carries a random `writeId` and the condition that must hold. DynamoDB
 *    applies a request completely or not at all, and has stored it durably when it answers. A
 *    server that stops before it sends the request has changed nothing.
 * 3. If the answer is lost, the SDK sends the request again. The condition then fails when the
 *    first try was applied. So after a repeated request, the table reads the item: if it holds the
 *    `writeId` of this write, the write succeeded. A delete succeeded if the item is gone.
 * 4. A server that stops before it passes on the answer leaves the record written. The client asks
 *    again, and gets the record as it is.
 *
 * A change that the audit notes is written after its event: dynamo-audit.ts.
 *
 * The key of the index that the sweep reads changes in the same request as the record, so no crash
 * can leave an unfinished upload that the sweep does not find.
 */

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
import type { Timestamp } from '../../core/clock.ts';
import { ServiceError } from '../../core/errors.ts';
import { TABLE } from '../../core/layout.ts';
import type { ChannelName, PackageId, PackageRef, VersionId } from '../../core/names.ts';
import { isNamed, namesOf } from '../../core/naming/filenames.ts';
import { derivedIds, likelyIds } from '../../core/naming/package-ids.ts';
import type {
  AuditRange,
  Catalog,
  Expected,
  ExpectedChannel,
  ExpectedVersion,
  Page,
  PageRequest,
} from '../../core/ports/catalog.ts';
import {
  type AuditDay,
  type AuditEvent,
  type ChannelRecord,
  EVER_PUBLISHED,
  isUnfinished,
  type LinkRecord,
  type PackageChange,
  type PackageRecord,
  type PackageState,
  type TokenRecord,
  type TrustRule,
  type VersionChange,
  type VersionRecord,
} from '../../core/records.ts';
import { AUDIT_RETENTION_DAYS } from '../../core/settings.ts';
import { Claims, holderOf } from './claims.ts';
import { DynamoAudit } from './dynamo-audit.ts';
import { DynamoTable, type DynamoTableOptions } from './dynamo-table.ts';
import {
  asExpected,
  changeOf,
  hasAttributes,
  IS_NEW,
  IS_THERE,
  isChannel,
  isVersion,
  makersOf,
  pinnedTo,
  pointsAtOrIsGone,
  versionChangeOf,
} from './expressions.ts';
import type { Item } from './fields.ts';
import { requireSize } from './item-size.ts';
import {
  CLAIMED,
  channelItem,
  checkRunItem,
  linkItem,
  packageItem,
  readChannel,
  readCheckRun,
  readLink,
  readPackage,
  readToken,
  readTrustRule,
  readVersion,
  tokenItem,
  trustItem,
  usedItem,
  versionItem,
} from './items.ts';
import {
  packageList,
  pageOf,
  partitionList,
  pendingSizesIn,
  unfinishedIn,
  VERSION_LIST,
  wholePartition,
} from './lists.ts';
import { mergeSorted } from './merge-sorted.ts';
import {
  channelPlace,
  checkPlace,
  claimPlace,
  digestPlace,
  linkPlace,
  type Place,
  packagePlace,
  packagesOf,
  packagesWith,
  SWEEP_PARTITIONS,
  tokenPlace,
  trustPlace,
  versionPlace,
} from './table.ts';
import { TokenIds } from './token-ids.ts';

/** How many versions each server remembers as entered: about 200 KB. */
const VERSIONS_REMEMBERED = 1000;
/** No valid name is longer. A sort key can have 1,024 bytes. */
const NAME_MAX_BYTES = 340;
/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const REFS_PER_BATCH = 100;
/** How many digests of earlier packages are entered at the same time. */
const DIGESTS_AT_ONCE = 25;
/** How often a download is counted again when others are counted at the same time. */
const COUNT_TRIES = 20;

export interface DynamoCatalogOptions extends DynamoTableOptions {
  /** In milliseconds. @default Date.now */
  readonly now?: () => number;
  /** How long the events of the audit are kept. @default 400 */
  readonly auditRetentionDays?: number;
}

/** Single records and `allTokens` are strongly consistent; all other lists may lag. */
export class DynamoCatalog implements Catalog {
  readonly #table: DynamoTable;
  readonly #claims: Claims;
  readonly #tokenIds: TokenIds;
  readonly #audit: DynamoAudit;
  readonly #now: () => number;
  readonly #entered = new Map<VersionId, Promise<unknown>>();
  readonly #claimed = new Set<VersionId>();

  constructor(options: DynamoCatalogOptions) {
    const { now = Date.now, auditRetentionDays = AUDIT_RETENTION_DAYS, ...own } = options;
    this.#table = new DynamoTable(own);
    this.#audit = new DynamoAudit(this.#table, auditRetentionDays);
    this.#now = now;
    this.#claims = new Claims(this.#table);
    this.#tokenIds = new TokenIds(this.#table, now);
  }

  async getPackage(ref: PackageRef): Promise<PackageRecord | undefined> {
    return read(await this.#table.get(packagePlace(ref)), readPackage);
  }

  /**
   * Takes one read if the packageId was made of the filename, or if the name is the alias, which is
   * nearly always so. Otherwise a batch of other likely records and the claim, and then the record
   * that the claim names.
   */
  async findPackage(versionId: VersionId, name: string): Promise<PackageRecord | undefined> {
    if (name === '' || Buffer.byteLength(name) > NAME_MAX_BYTES) return undefined;
    const [first, ...others] = likelyIds(name);
    const isFound = (record: PackageRecord | undefined): record is PackageRecord =>
      record !== undefined && record.state !== 'rejected' && isNamed(record, name);
    const likeliest = first && (await this.getPackage({ versionId, packageId: first }));
    // An upload that is under way may have lost the name: its claim says so.
    if (isFound(likeliest) && EVER_PUBLISHED.includes(likeliest.state)) return likeliest;
    const claimAt = claimPlace(versionId, name);
    const versionAt = versionPlace(versionId);
    const items = await this.#table.getMany([
      claimAt,
      ...others.map((packageId) => packagePlace({ versionId, packageId })),
      ...(this.#claimed.has(versionId) ? [] : [versionAt]),
    ]);
    const claim = itemAt(items, claimAt);
    const likely = [
      ...(likeliest === undefined ? [] : [likeliest]),
      ...items.filter((item) => item['pk']?.S === packagesOf(versionId)).map(readPackage),
    ];
    if (claim !== undefined) {
      const { packageId, attemptId } = holderOf(versionId, claim);
      const record =
        likely.find((one) => one.packageId === packageId) ??
        (await this.getPackage({ versionId, packageId }));
      if (isFound(record) && record.attemptId === attemptId) return record;
    }
    const version = itemAt(items, versionAt);
    if (version?.[CLAIMED] !== undefined) this.#rememberClaimed(versionId);
    const found = likely.find(isFound);
    if (found !== undefined || this.#claimed.has(versionId) || version === undefined) return found;
    return this.#findUnclaimed(versionId, isFound);
  }

  /**
   * One batch where each packageId was made of the filename. The claims in it show where that is not
   * so, and those records take a second one, with the versions where nothing was found: one that an
   * earlier release entered, and that was not upgraded yet, is read as a whole.
   */
  async findInVersions(
    versionIds: readonly VersionId[],
    name: string,
  ): Promise<readonly PackageRecord[]> {
    if (name === '' || Buffer.byteLength(name) > NAME_MAX_BYTES) return [];
    const { first, old } = derivedIds(name);
    const likely = [...new Set([first, old ?? first, ...likelyIds(name).slice(0, 2)])];
    const places = versionIds.flatMap((versionId) => [
      claimPlace(versionId, name),
      ...likely.map((packageId) => packagePlace({ versionId, packageId })),
    ]);
    const items = await this.#table.getMany(places);
    const records = items.filter((item) => item['key'] !== undefined).map(readPackage);
    const claimed = versionIds.flatMap((versionId) => {
      const claim = itemAt(items, claimPlace(versionId, name));
      return claim === undefined ? [] : [holderOf(versionId, claim)];
    });
    const isRead = (ref: PackageRef) =>
      records.some((one) => one.versionId === ref.versionId && one.packageId === ref.packageId);
    const missing = claimed.filter((holder) => !isRead(holder));
    const isFound = (record: PackageRecord) => record.state !== 'rejected' && isNamed(record, name);
    const unknown = versionIds.filter(
      (versionId) =>
        !this.#claimed.has(versionId) &&
        !claimed.some((holder) => holder.versionId === versionId) &&
        !records.some((record) => record.versionId === versionId && isFound(record)),
    );
    const more = await this.#table.getMany([
      ...missing.map(packagePlace),
      ...unknown.map(versionPlace),
    ]);
    const all = [...records, ...more.filter((item) => item['key'] !== undefined).map(readPackage)]
      .filter(isFound)
      .concat(await this.#findInOld(more.filter(isVersionItem).map(readVersionItem), isFound));
    return versionIds.flatMap((versionId) => {
      const inVersion = all.filter((record) => record.versionId === versionId);
      const claim = claimed.find((holder) => holder.versionId === versionId);
      const holder = inVersion.find(({ attemptId }) => attemptId === claim?.attemptId);
      return holder ?? inVersion.at(0) ?? [];
    });
  }

  /** Searches a version of an earlier release that was not upgraded yet. */
  async #findUnclaimed(
    versionId: VersionId,
    isFound: (record: PackageRecord) => boolean,
  ): Promise<PackageRecord | undefined> {
    const records = (await wholePartition(this.#table, packagesOf(versionId))).map(readPackage);
    const published = ({ publishedAt = '9999' }: PackageRecord) => publishedAt;
    return records
      .filter(isFound)
      .sort((left, right) => (published(left) <= published(right) ? -1 : 1))
      .at(0);
  }

  async #findInOld(
    versions: readonly { readonly versionId: VersionId; readonly isClaimed: boolean }[],
    isFound: (record: PackageRecord) => boolean,
  ): Promise<readonly PackageRecord[]> {
    const found: PackageRecord[] = [];
    for (const { versionId, isClaimed } of versions) {
      if (isClaimed) {
        this.#rememberClaimed(versionId);
        continue;
      }
      const record = await this.#findUnclaimed(versionId, isFound);
      if (record !== undefined) found.push(record);
    }
    return found;
  }

  #rememberClaimed(versionId: VersionId): void {
    if (this.#claimed.size >= VERSIONS_REMEMBERED) this.#claimed.clear();
    this.#claimed.add(versionId);
  }

  async getPackages(
    versionId: VersionId,
    packageIds: readonly PackageId[],
  ): Promise<readonly (PackageRecord | undefined)[]> {
    const places = [...new Set(packageIds)].map((packageId) =>
      packagePlace({ versionId, packageId }),
    );
    const records = (await this.#table.getMany(places)).map(readPackage);
    const found = new Map(records.map((record) => [record.packageId, record]));
    return packageIds.map((packageId) => found.get(packageId));
  }

  async listPackages(
    versionId: VersionId,
    states: readonly PackageState[],
    page: PageRequest & { readonly isConsistent?: boolean },
  ): Promise<Page<PackageRecord>> {
    if (states.length === 0) return { items: [] };
    const list = packageList(packagesOf(versionId), states);
    const query = { ...list.query, ConsistentRead: page.isConsistent === true };
    return pageOf(this.#table, { ...list, query }, page, readPackage);
  }

  /**
   * Reads what the items of the digest name. One of them may be left over from an upload that was
   * given up: it is skipped.
   */
  async findByDigest(sha256: string, page: PageRequest): Promise<Page<PackageRecord>> {
    const named = await pageOf(this.#table, partitionList(packagesWith(sha256)), page, readRef);
    const records: PackageRecord[] = [];
    for (let at = 0; at < named.items.length; at += REFS_PER_BATCH) {
      const refs = named.items.slice(at, at + REFS_PER_BATCH);
      const items = await this.#table.getMany(refs.map(packagePlace));
      const found = refs.map((ref) => read(itemAt(items, packagePlace(ref)), readPackage));
      for (const record of found) if (record?.sha256 === sha256) records.push(record);
    }
    return { ...named, items: records };
  }

  /**
   * Enters the digests of the packages in a version, as earlier releases did not. Repeatable.
   * @returns how many
   */
  async enterDigests(versionId: VersionId): Promise<number> {
    const records = (await wholePartition(this.#table, packagesOf(versionId))).map(readPackage);
    for (let at = 0; at < records.length; at += DIGESTS_AT_ONCE) {
      const some = records.slice(at, at + DIGESTS_AT_ONCE);
      await Promise.all(some.map((record) => this.#enterDigest(record, record.sha256)));
    }
    return records.length;
  }

  /** Before the record, so that a crash leaves none that can't be found by its digest. */
  async #enterDigest(ref: PackageRef, sha256: string | undefined): Promise<void> {
    if (sha256 === undefined) return;
    const { pk, sk } = digestPlace(sha256, ref);
    await this.#table.put({ pk: { S: pk }, sk: { S: sk } });
  }

  /**
   * The version is written before the package: see step 1 above. A package that is replaced already
   * has its version.
   */
  async createPackage(record: PackageRecord, replaces?: Expected): Promise<boolean> {
    const item = packageItem(record);
    requireSize(record.key, item);
    if (replaces?.states.length === 0) return false;
    const { versionId, createdAt } = record;
    if (replaces === undefined) await this.#enterVersion({ versionId, createdAt });
    else if (!this.#claimed.has(versionId)) await this.upgradeVersion(versionId);
    const giveBack = await this.#claims.take(record, replaces?.attemptId);
    if (giveBack === undefined) return false;
    const condition = replaces === undefined ? IS_NEW : asExpected(replaces);
    await this.#enterDigest(record, record.sha256);
    if (await this.#table.put(item, condition)) {
      if (await this.#claims.keep(record)) return true;
      const { attemptId, state } = record;
      const withdrawn = asExpected({ attemptId, states: [state] });
      // Somebody went on with it meanwhile: publishing looks at its names once more.
      if (!(await this.#table.delete(packagePlace(record), withdrawn))) return false;
    }
    await giveBack();
    return false;
  }

  async holdsNames(record: PackageRecord): Promise<boolean> {
    if ((await this.#claims.notKept(record)).length === 0) return true;
    // A server crashed, or an earlier release entered it: then the upgrade decides who has which filename.
    const item = await this.#table.get(versionPlace(record.versionId));
    return this.#claims.keep(
      item?.[CLAIMED] === undefined ? { ...record, filenameTaken: true } : record,
    );
  }

  async changePackage(
    ref: PackageRef,
    expected: Expected,
    change: PackageChange,
  ): Promise<PackageRecord | undefined> {
    if (expected.states.length === 0) return undefined;
    const update = changeOf(ref, expected, change);
    await this.#enterDigest(ref, change.sha256);
    const changed = await this.#audit.noting(packageEvent(this.#at, ref, change), () =>
      this.#table.update(packagePlace(ref), update, asExpected(expected)),
    );
    return read(changed, readPackage);
  }

  async removePackage(ref: PackageRef, expected: Expected): Promise<boolean> {
    if (expected.states.length === 0) return false;
    const item = await this.#table.take(packagePlace(ref), asExpected(expected));
    if (item === undefined) return false;
    // If the answer was lost, the claims stay, but they no longer count.
    const record = item === 'gone' ? undefined : readPackage(item);
    if (record !== undefined) await this.#claims.release(record, namesOf(record));
    return true;
  }

  async *unfinished(touchedUntil: Timestamp): AsyncGenerator<PackageRecord, void, void> {
    const sources = SWEEP_PARTITIONS.map((partition) =>
      unfinishedIn(this.#table, partition, touchedUntil),
    );
    for await (const item of mergeSorted(sources, (one) => one['touchedAt']?.S ?? '')) {
      const record = readPackage(item);
      // The index may hold a finished record, when a change could not decide: expressions.ts.
      if (isUnfinished(record)) yield record;
    }
  }

  async pendingBytes(): Promise<ReadonlyMap<string, number>> {
    const bytes = new Map<string, number>();
    const sizes = await Promise.all(
      SWEEP_PARTITIONS.map((partition) => pendingSizesIn(this.#table, partition)),
    );
    for (const { createdBy, size } of sizes.flat())
      bytes.set(createdBy, (bytes.get(createdBy) ?? 0) + size);
    return bytes;
  }

  async publishedTotals(): Promise<never> {
    throw new ServiceError(
      'NOT_SUPPORTED',
      'the table has no sum of its packages, and reading every record would cost too much: look at the size of the bucket (BucketSizeBytes in CloudWatch, or S3 Storage Lens)',
    );
  }

  async getVersion(versionId: VersionId): Promise<VersionRecord | undefined> {
    return read(await this.#table.get(versionPlace(versionId)), readVersion);
  }

  async createVersion(record: VersionRecord): Promise<boolean> {
    const item = versionItem(record);
    requireSize(`version ${record.versionId}`, item);
    return this.#audit.noting(newVersionEvent(this.#at, record), () =>
      this.#table.put(item, IS_NEW),
    );
  }

  async changeVersion(
    versionId: VersionId,
    expected: ExpectedVersion,
    change: VersionChange,
  ): Promise<VersionRecord | undefined> {
    const update = versionChangeOf(change);
    const condition = isVersion(versionId, expected);
    const changed = await this.#audit.noting(versionEvent(this.#at, versionId, change), () =>
      this.#table.update(versionPlace(versionId), update, condition),
    );
    return read(changed, readVersion);
  }

  /**
   * Claims the names of a version of an earlier release.
   * @returns the packages whose filename another one has
   */
  async upgradeVersion(versionId: VersionId): Promise<readonly PackageRecord[]> {
    const item = await this.#table.get(versionPlace(versionId));
    if (item === undefined || item[CLAIMED] !== undefined) return [];
    return this.#claims.upgrade(versionId);
  }

  async listVersions(page: PageRequest): Promise<Page<VersionRecord>> {
    return pageOf(this.#table, VERSION_LIST, page, readVersion);
  }

  async getChannel(channel: ChannelName): Promise<ChannelRecord | undefined> {
    return read(await this.#table.get(channelPlace(channel)), readChannel);
  }

  async listChannels(page: PageRequest): Promise<Page<ChannelRecord>> {
    return pageOf(this.#table, partitionList(TABLE.partition.channels), page, readChannel);
  }

  async putChannel(record: ChannelRecord, expected?: ExpectedChannel | null): Promise<boolean> {
    const item = channelItem(record);
    const condition = expected === null ? IS_NEW : expected && isChannel(expected);
    return this.#audit.noting(channelEvent(this.#at, record), () =>
      this.#table.put(item, condition),
    );
  }

  async deleteChannel(channel: ChannelName, expectedVersionId?: VersionId): Promise<boolean> {
    const condition = expectedVersionId && pointsAtOrIsGone(expectedVersionId);
    return this.#audit.noting(channelGoneEvent(this.#at, channel), () =>
      this.#table.delete(channelPlace(channel), condition),
    );
  }

  async getCheckRun(checkId: string): Promise<CheckRun | undefined> {
    return read(await this.#table.get(checkPlace(checkId)), readCheckRun);
  }

  async putCheckRun(run: CheckRun): Promise<void> {
    const item = checkRunItem(run);
    requireSize(`check run ${run.checkId}`, item);
    await this.#table.put(item);
  }

  async getToken(tokenId: string): Promise<TokenRecord | undefined> {
    if (!(await this.#tokenIds.mayExist(tokenId))) return undefined;
    const item = await this.#table.get(tokenPlace(tokenId));
    if (item === undefined) this.#tokenIds.noteMiss();
    return read(item, readToken);
  }

  async listTokens(page: PageRequest): Promise<Page<TokenRecord>> {
    return pageOf(this.#table, partitionList(TABLE.partition.tokens), page, readToken);
  }

  async allTokens(): Promise<readonly TokenRecord[]> {
    return (await wholePartition(this.#table, TABLE.partition.tokens)).map(readToken);
  }

  async setTokenMakers(tokenId: string, makers: readonly string[]): Promise<boolean> {
    const update = this.#table.update(tokenPlace(tokenId), makersOf(makers), IS_THERE);
    return (await update) !== undefined;
  }

  async createToken(record: TokenRecord): Promise<boolean> {
    const item = tokenItem(record);
    requireSize(`token ${record.tokenId}`, item);
    await this.#tokenIds.enter(record.tokenId);
    return this.#audit.noting(newTokenEvent(this.#at, record), () => this.#table.put(item, IS_NEW));
  }

  newTokenId(): Promise<string> {
    return this.#tokenIds.make();
  }

  /**
   * Lists the tokens of earlier releases, so that invented ones cost no read.
   * @returns how many are listed
   */
  upgradeTokens(): Promise<number> {
    return this.#tokenIds.upgrade();
  }

  async deleteToken(tokenId: string): Promise<void> {
    await this.#audit.noting(tokenGoneEvent(this.#at, tokenId), () =>
      this.#table.delete(tokenPlace(tokenId)),
    );
  }

  async allTrustRules(): Promise<readonly TrustRule[]> {
    return (await wholePartition(this.#table, TABLE.partition.trust)).map(readTrustRule);
  }

  async createTrustRule(rule: TrustRule): Promise<boolean> {
    const item = trustItem(rule);
    requireSize(`trust rule ${rule.ruleId}`, item);
    return this.#audit.noting(newTrustRuleEvent(this.#at, rule), () =>
      this.#table.put(item, IS_NEW),
    );
  }

  async pinTrustRule(ruleId: string, pinned: Readonly<Record<string, string>>): Promise<boolean> {
    const isFree = hasAttributes({ sk: { S: ruleId }, pinned: undefined });
    return (await this.#table.update(trustPlace(ruleId), pinnedTo(pinned), isFree)) !== undefined;
  }

  async setTrustRuleMakers(ruleId: string, makers: readonly string[]): Promise<boolean> {
    const update = this.#table.update(trustPlace(ruleId), makersOf(makers), IS_THERE);
    return (await update) !== undefined;
  }

  async deleteTrustRule(ruleId: string): Promise<void> {
    await this.#audit.noting(trustRuleGoneEvent(this.#at, ruleId), () =>
      this.#table.delete(trustPlace(ruleId)),
    );
  }

  async useOnce(key: string, until: Timestamp): Promise<boolean> {
    return this.#table.put(usedItem(key, until), IS_NEW);
  }

  async getLink(linkId: string): Promise<LinkRecord | undefined> {
    return read(await this.#table.get(linkPlace(linkId)), readLink);
  }

  async listLinks(page: PageRequest): Promise<Page<LinkRecord>> {
    return pageOf(this.#table, partitionList(TABLE.partition.links), page, readLink);
  }

  async createLink(record: LinkRecord): Promise<boolean> {
    return this.#audit.noting(newLinkEvent(this.#at, record), () =>
      this.#table.put(linkItem(record), IS_NEW),
    );
  }

  async countDownload(linkId: string): Promise<boolean> {
    for (let attempt = 0; attempt < COUNT_TRIES; attempt++) {
      const link = await this.getLink(linkId);
      const was = link?.downloads ?? 0;
      if (link === undefined || was >= (link.maxDownloads ?? Infinity)) return false;
      const update = { set: { downloads: { N: String(was + 1) } }, remove: [] };
      const expected = link.downloads === undefined ? undefined : { N: String(was) };
      const condition = hasAttributes({ sk: { S: linkId }, downloads: expected });
      if ((await this.#table.update(linkPlace(linkId), update, condition)) !== undefined)
        return true;
    }
    return false;
  }

  async deleteLink(linkId: string): Promise<void> {
    await this.#audit.noting(linkGoneEvent(this.#at, linkId), () =>
      this.#table.delete(linkPlace(linkId)),
    );
  }

  async listAudit(range: AuditRange, page: PageRequest): Promise<Page<AuditEvent>> {
    return this.#audit.list(range, page);
  }

  async listAuditDays(page: PageRequest): Promise<Page<AuditDay>> {
    return this.#audit.days(page);
  }

  createAuditDay(day: AuditDay): Promise<boolean> {
    return this.#audit.createDay(day);
  }

  /** DynamoDB removes them itself. */
  async forgetAudit(): Promise<void> {}

  get #at(): Date {
    return new Date(this.#now());
  }

  /** Repeatable. */
  async close(): Promise<void> {
    this.#table.close();
  }

  /**
   * Versions are never removed, so a version is written once by each server. Without this memory,
   * every upload of a version would write to the same item. Uploads at the same time share one
   * write.
   */
  async #enterVersion(record: VersionRecord): Promise<void> {
    const { versionId } = record;
    const known = this.#entered.get(versionId);
    if (known !== undefined) {
      await known;
      return;
    }
    const entering = this.#enter(record);
    this.#entered.set(versionId, entering);
    if (this.#entered.size > VERSIONS_REMEMBERED) this.#forgetOldest();
    try {
      await entering;
    } catch (error) {
      this.#entered.delete(versionId);
      throw error;
    }
  }

  /** A version of an earlier release is upgraded before the first new upload takes a name in it. */
  async #enter(record: VersionRecord): Promise<void> {
    if (!(await this.#table.put(versionItem(record), IS_NEW)))
      await this.upgradeVersion(record.versionId);
    this.#rememberClaimed(record.versionId);
  }

  #forgetOldest(): void {
    const [oldest] = this.#entered.keys();
    if (oldest !== undefined) this.#entered.delete(oldest);
  }
}

function itemAt(items: readonly Item[], { pk, sk }: Place): Item | undefined {
  return items.find((item) => item['pk']?.S === pk && item['sk']?.S === sk);
}

/** The package that the item of a digest names. */
function readRef(item: Item): PackageRef {
  const [versionId = '', packageId = ''] = item['sk']?.S?.split('/') ?? [];
  return { versionId: versionId as VersionId, packageId: packageId as PackageId };
}

function isVersionItem(item: Item): boolean {
  return item['pk']?.S === TABLE.partition.versions;
}

function readVersionItem(item: Item): {
  readonly versionId: VersionId;
  readonly isClaimed: boolean;
} {
  return { versionId: readVersion(item).versionId, isClaimed: item[CLAIMED] !== undefined };
}

function read<Rec>(item: Item | undefined, readItem: (item: Item) => Rec): Rec | undefined {
  return item && readItem(item);
}
