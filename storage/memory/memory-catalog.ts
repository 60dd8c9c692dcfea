/** A catalog in the memory of one process, for tests of everything above the port; the contract suite keeps it honest. */

import type { ChannelName, PackageId, PackageRef, VersionId } from '../../core/names.ts';
import {
  type Catalog,
  type Expected,
  isAsExpected,
  type Page,
  type PageRequest,
} from '../../core/ports/catalog.ts';
import {
  applyChange,
  type ChannelRecord,
  isUnfinished,
  type PackageChange,
  type PackageRecord,
  type PackageState,
  type Timestamp,
  type TokenRecord,
  type VersionRecord,
} from '../../core/records.ts';

/** What goes in is copied and frozen, so that nobody changes what is stored but through the port. */
export class MemoryCatalog implements Catalog {
  readonly #packages = new Map<string, PackageRecord>();
  readonly #versions = new Map<VersionId, VersionRecord>();
  readonly #channels = new Map<ChannelName, ChannelRecord>();
  readonly #tokens = new Map<string, TokenRecord>();

  async getPackage(ref: PackageRef): Promise<PackageRecord | undefined> {
    return this.#packages.get(nameOf(ref));
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

  async createPackage(record: PackageRecord, replaces?: Expected): Promise<boolean> {
    const current = this.#packages.get(nameOf(record));
    const isFree = replaces === undefined ? current === undefined : isAsExpected(current, replaces);
    if (!isFree) return false;
    this.#packages.set(nameOf(record), frozenCopy(record));
    const { versionId, createdAt } = record;
    if (!this.#versions.has(versionId))
      this.#versions.set(versionId, frozenCopy({ versionId, createdAt }));
    return true;
  }

  async changePackage(
    ref: PackageRef,
    expected: Expected,
    change: PackageChange,
  ): Promise<PackageRecord | undefined> {
    const current = this.#packages.get(nameOf(ref));
    if (!isAsExpected(current, expected)) return undefined;
    const changed = frozenCopy(applyChange(current, change));
    this.#packages.set(nameOf(ref), changed);
    return changed;
  }

  async removePackage(ref: PackageRef, expected: Expected): Promise<boolean> {
    return (
      isAsExpected(this.#packages.get(nameOf(ref)), expected) && this.#packages.delete(nameOf(ref))
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

  async getVersion(versionId: VersionId): Promise<VersionRecord | undefined> {
    return this.#versions.get(versionId);
  }

  async listVersions(page: PageRequest): Promise<Page<VersionRecord>> {
    // A slash sorts below all characters of a versionId but `+`, `-` and `.`; a space sorts below them all.
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

  async putChannel(record: ChannelRecord, expectedVersionId?: VersionId | null): Promise<boolean> {
    const current = this.#channels.get(record.channel)?.versionId ?? null;
    if (expectedVersionId !== undefined && current !== expectedVersionId) return false;
    this.#channels.set(record.channel, frozenCopy(record));
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
    this.#channels.delete(channel);
    return true;
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
    if (token !== undefined) this.#tokens.set(tokenId, frozenCopy({ ...token, makers }));
    return token !== undefined;
  }

  async createToken(record: TokenRecord): Promise<boolean> {
    if (this.#tokens.has(record.tokenId)) return false;
    this.#tokens.set(record.tokenId, frozenCopy(record));
    return true;
  }

  async deleteToken(tokenId: string): Promise<void> {
    this.#tokens.delete(tokenId);
  }

  async close(): Promise<void> {}
}

/** Ids hold no slash, so a name is one ref's only. */
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
function frozenCopy<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  const copy = Array.isArray(value)
    ? value.map(frozenCopy)
    : Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, frozenCopy(inner)]));
  return Object.freeze(copy) as Value;
}
