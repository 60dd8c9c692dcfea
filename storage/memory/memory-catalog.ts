/**
 * A catalog in the memory of one process, for tests of code above the port. It keeps the same
 * contract as the other catalogs.
 */

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
import type { Timestamp } from '../../core/clock.ts';
import type { ChannelName, PackageId, PackageRef, VersionId } from '../../core/names.ts';
import { isNamed, namesOf } from '../../core/naming/filenames.ts';
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
import {
  type AuditDay,
  type AuditEvent,
  applyChange,
  applyVersionChange,
  type ChannelRecord,
  isUnfinished,
  type LinkRecord,
  type PackageChange,
  type PackageRecord,
  type PackageState,
  PUBLISHED,
  type TokenRecord,
  type TrustRule,
  type VersionChange,
  type VersionRecord,
} from '../../core/records.ts';

import { MemoryAudit } from './memory-audit.ts';

/**
 * Records are copied and frozen, so that they change only through the port.
 */
export class MemoryCatalog implements Catalog {
  readonly #packages = new Map<string, PackageRecord>();
  readonly #versions = new Map<VersionId, VersionRecord>();
  readonly #channels = new Map<ChannelName, ChannelRecord>();
  readonly #tokens = new Map<string, TokenRecord>();
  readonly #trust = new Map<string, TrustRule>();
  /** Until when a key is remembered. */
  readonly #used = new Map<string, Timestamp>();
  readonly #links = new Map<string, LinkRecord>();
  readonly #checkRuns = new Map<string, CheckRun>();
  readonly #audit = new MemoryAudit();
  readonly #now: () => number;

  constructor({ now = Date.now }: { readonly now?: () => number } = {}) {
    this.#now = now;
  }

  get #at(): Date {
    return new Date(this.#now());
  }

  async getPackage(ref: PackageRef): Promise<PackageRecord | undefined> {
    return this.#packages.get(nameOf(ref));
  }

  async findPackage(versionId: VersionId, name: string): Promise<PackageRecord | undefined> {
    return [...this.#packages.values()].find(
      (record) =>
        record.versionId === versionId && record.state !== 'rejected' && isNamed(record, name),
    );
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
    return packageIds.map((packageId) => this.#packages.get(nameOf({ versionId, packageId })));
  }

  async listPackages(
    versionId: VersionId,
    states: readonly PackageState[],
    page: PageRequest,
  ): Promise<Page<PackageRecord>> {
    const found = [...this.#packages.values()].filter(
      (record) => record.versionId === versionId && states.includes(record.state),
    );
    return pageOf(found, page, (record) => record.packageId, ascending);
  }

  async findByDigest(sha256: string, page: PageRequest): Promise<Page<PackageRecord>> {
    const found = [...this.#packages.values()].filter((record) => record.sha256 === sha256);
    return pageOf(found, page, nameOf, ascending);
  }

  async createPackage(record: PackageRecord, replaces?: Expected): Promise<boolean> {
    const current = this.#packages.get(nameOf(record));
    const isFree = replaces === undefined ? current === undefined : isAsExpected(current, replaces);
    if (!isFree || this.#isTaken(record)) return false;
    this.#packages.set(nameOf(record), copyFrozen(record));
    const { versionId, createdAt } = record;
    if (!this.#versions.has(versionId))
      this.#versions.set(versionId, copyFrozen({ versionId, createdAt }));
    return true;
  }

  async changePackage(
    ref: PackageRef,
    expected: Expected,
    change: PackageChange,
  ): Promise<PackageRecord | undefined> {
    const current = this.#packages.get(nameOf(ref));
    if (!isAsExpected(current, expected)) return undefined;
    const changed = copyFrozen(applyChange(current, change));
    this.#packages.set(nameOf(ref), changed);
    this.#audit.note(packageEvent(this.#at, ref, change));
    return changed;
  }

  async removePackage(ref: PackageRef, expected: Expected): Promise<boolean> {
    return (
      isAsExpected(this.#packages.get(nameOf(ref)), expected) && this.#packages.delete(nameOf(ref))
    );
  }

  async holdsNames(record: PackageRecord): Promise<boolean> {
    return !this.#isTaken(record);
  }

  #isTaken(record: PackageRecord): boolean {
    const names = namesOf(record);
    return [...this.#packages.values()].some(
      (other) =>
        other.versionId === record.versionId &&
        other.packageId !== record.packageId &&
        other.state !== 'rejected' &&
        namesOf(other).some((name) => names.includes(name)),
    );
  }

  async *unfinished(touchedUntil: Timestamp): AsyncGenerator<PackageRecord, void, void> {
    const found = [...this.#packages.values()].filter(
      (record) => isUnfinished(record) && record.touchedAt <= touchedUntil,
    );
    const position = (record: PackageRecord) => `${record.touchedAt}/${nameOf(record)}`;
    yield* found.sort((left, right) => ascending(position(left), position(right)));
  }

  async pendingBytes(): Promise<ReadonlyMap<string, number>> {
    const bytes = new Map<string, number>();
    for (const { state, createdBy, size } of this.#packages.values()) {
      if (state !== 'pending' && state !== 'verifying') continue;
      bytes.set(createdBy, (bytes.get(createdBy) ?? 0) + size);
    }
    return bytes;
  }

  async publishedTotals(): Promise<PublishedTotals> {
    const published = [...this.#packages.values()].filter(({ state }) => PUBLISHED.includes(state));
    const bytes = published.reduce((sum, { size }) => sum + size, 0);
    return { packages: published.length, bytes };
  }

  async getVersion(versionId: VersionId): Promise<VersionRecord | undefined> {
    return this.#versions.get(versionId);
  }

  async createVersion(record: VersionRecord): Promise<boolean> {
    if (this.#versions.has(record.versionId)) return false;
    this.#versions.set(record.versionId, copyFrozen(record));
    this.#audit.note(newVersionEvent(this.#at, record));
    return true;
  }

  async changeVersion(
    versionId: VersionId,
    expected: ExpectedVersion,
    change: VersionChange,
  ): Promise<VersionRecord | undefined> {
    const current = this.#versions.get(versionId);
    if (!isExpectedVersion(current, expected)) return undefined;
    const changed = copyFrozen(applyVersionChange(current, change));
    this.#versions.set(versionId, changed);
    this.#audit.note(versionEvent(this.#at, versionId, change));
    return changed;
  }

  async listVersions(page: PageRequest): Promise<Page<VersionRecord>> {
    // A space sorts before all characters of a versionId; a slash sorts after `+`, `-` and `.`.
    const position = (version: VersionRecord) => `${version.createdAt} ${version.versionId}`;
    return pageOf([...this.#versions.values()], page, position, (left, right) =>
      ascending(right, left),
    );
  }

  async getChannel(channel: ChannelName): Promise<ChannelRecord | undefined> {
    return this.#channels.get(channel);
  }

  async listChannels(page: PageRequest): Promise<Page<ChannelRecord>> {
    return pageOf([...this.#channels.values()], page, (record) => record.channel, ascending);
  }

  async putChannel(record: ChannelRecord, expected?: ExpectedChannel | null): Promise<boolean> {
    if (!isExpectedChannel(this.#channels.get(record.channel), expected)) return false;
    this.#channels.set(record.channel, copyFrozen(record));
    this.#audit.note(channelEvent(this.#at, record));
    return true;
  }

  async deleteChannel(channel: ChannelName, expectedVersionId?: VersionId): Promise<boolean> {
    const current = this.#channels.get(channel);
    if (
      expectedVersionId !== undefined &&
      current !== undefined &&
      current.versionId !== expectedVersionId
    ) {
      return false;
    }
    if (this.#channels.delete(channel)) this.#audit.note(channelGoneEvent(this.#at, channel));
    return true;
  }

  async getCheckRun(checkId: string): Promise<CheckRun | undefined> {
    return this.#checkRuns.get(checkId);
  }

  async putCheckRun(run: CheckRun): Promise<void> {
    this.#checkRuns.set(run.checkId, copyFrozen(run));
  }

  async getToken(tokenId: string): Promise<TokenRecord | undefined> {
    return this.#tokens.get(tokenId);
  }

  async listTokens(page: PageRequest): Promise<Page<TokenRecord>> {
    return pageOf([...this.#tokens.values()], page, (record) => record.tokenId, ascending);
  }

  async allTokens(): Promise<readonly TokenRecord[]> {
    return [...this.#tokens.values()].sort((left, right) => ascending(left.tokenId, right.tokenId));
  }

  async setTokenMakers(tokenId: string, makers: readonly string[]): Promise<boolean> {
    const token = this.#tokens.get(tokenId);
    if (token !== undefined) this.#tokens.set(tokenId, copyFrozen({ ...token, makers }));
    return token !== undefined;
  }

  async newTokenId(): Promise<string> {
    return randomTokenId();
  }

  async createToken(record: TokenRecord): Promise<boolean> {
    if (this.#tokens.has(record.tokenId)) return false;
    this.#tokens.set(record.tokenId, copyFrozen(record));
    this.#audit.note(newTokenEvent(this.#at, record));
    return true;
  }

  async deleteToken(tokenId: string): Promise<void> {
    if (this.#tokens.delete(tokenId)) this.#audit.note(tokenGoneEvent(this.#at, tokenId));
  }

  async allTrustRules(): Promise<readonly TrustRule[]> {
    return [...this.#trust.values()].sort((left, right) => ascending(left.ruleId, right.ruleId));
  }

  async createTrustRule(rule: TrustRule): Promise<boolean> {
    if (this.#trust.has(rule.ruleId)) return false;
    this.#trust.set(rule.ruleId, copyFrozen(rule));
    this.#audit.note(newTrustRuleEvent(this.#at, rule));
    return true;
  }

  async pinTrustRule(ruleId: string, pinned: Readonly<Record<string, string>>): Promise<boolean> {
    const rule = this.#trust.get(ruleId);
    if (rule === undefined || rule.pinned !== undefined) return false;
    this.#trust.set(ruleId, copyFrozen({ ...rule, pinned }));
    return true;
  }

  async setTrustRuleMakers(ruleId: string, makers: readonly string[]): Promise<boolean> {
    const rule = this.#trust.get(ruleId);
    if (rule !== undefined) this.#trust.set(ruleId, copyFrozen({ ...rule, makers }));
    return rule !== undefined;
  }

  async deleteTrustRule(ruleId: string): Promise<void> {
    if (this.#trust.delete(ruleId)) this.#audit.note(trustRuleGoneEvent(this.#at, ruleId));
  }

  async useOnce(key: string, until: Timestamp, now: Timestamp): Promise<boolean> {
    for (const [old, end] of this.#used) if (end < now) this.#used.delete(old);
    if (this.#used.has(key)) return false;
    this.#used.set(key, until);
    return true;
  }

  async getLink(linkId: string): Promise<LinkRecord | undefined> {
    return this.#links.get(linkId);
  }

  async listLinks(page: PageRequest): Promise<Page<LinkRecord>> {
    return pageOf([...this.#links.values()], page, (record) => record.linkId, ascending);
  }

  async createLink(record: LinkRecord): Promise<boolean> {
    if (this.#links.has(record.linkId)) return false;
    this.#links.set(record.linkId, copyFrozen(record));
    this.#audit.note(newLinkEvent(this.#at, record));
    return true;
  }

  async countDownload(linkId: string): Promise<boolean> {
    const link = this.#links.get(linkId);
    const downloads = (link?.downloads ?? 0) + 1;
    if (link === undefined || downloads > (link.maxDownloads ?? Infinity)) return false;
    this.#links.set(linkId, copyFrozen({ ...link, downloads }));
    return true;
  }

  async deleteLink(linkId: string): Promise<void> {
    if (this.#links.delete(linkId)) this.#audit.note(linkGoneEvent(this.#at, linkId));
  }

  async listAudit(range: AuditRange, page: PageRequest): Promise<Page<AuditEvent>> {
    return this.#audit.list(range, page);
  }

  async listAuditDays(page: PageRequest): Promise<Page<AuditDay>> {
    return this.#audit.days(page);
  }

  async createAuditDay(day: AuditDay): Promise<boolean> {
    return this.#audit.createDay(day);
  }

  async forgetAudit(before: Timestamp): Promise<void> {
    this.#audit.forget(before);
  }

  async close(): Promise<void> {}
}

/** Ids contain no slash, so two refs never share a name. */
function nameOf(ref: PackageRef): string {
  return `${ref.versionId}/${ref.packageId}`;
}

/** Ids are ASCII: the order of their UTF-16 units is that of their UTF-8 bytes. */
function ascending(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function pageOf<Rec>(
  records: readonly Rec[],
  page: PageRequest,
  positionOf: (record: Rec) => string,
  order: (left: string, right: string) => number,
): Page<Rec> {
  const { after } = page;
  const ahead = records
    .filter((record) => after === undefined || order(after, positionOf(record)) < 0)
    .sort((left, right) => order(positionOf(left), positionOf(right)));
  const items = ahead.slice(0, page.limit);
  const last = items.at(-1);
  return ahead.length > page.limit && last !== undefined
    ? { items, next: positionOf(last) }
    : { items };
}

/** Records are plain JSON values. */
function copyFrozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  const copy = Array.isArray(value)
    ? value.map(copyFrozen)
    : Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copyFrozen(inner)]));
  return Object.freeze(copy) as Value;
}
