/** The catalog of several servers: records in one DynamoDB table, by conditional writes of single items. Keys: table.ts, cost: docs/dynamodb.md. */

import { TABLE } from '../../core/layout.ts';
import type { ChannelName, PackageId, PackageRef, VersionId } from '../../core/names.ts';
import type { Catalog, Expected, Page, PageRequest } from '../../core/ports/catalog.ts';
import {
  type ChannelRecord,
  isUnfinished,
  type PackageChange,
  type PackageRecord,
  type PackageState,
  type Timestamp,
  type TokenRecord,
  type VersionRecord,
} from '../../core/records.ts';
import { DynamoTable, type DynamoTableOptions } from './dynamo-table.ts';
import {
  asExpected,
  changeOf,
  IS_NEW,
  IS_THERE,
  makersOf,
  pointsAt,
  pointsAtOrIsGone,
} from './expressions.ts';
import type { Item } from './fields.ts';
import { requireSize } from './item-size.ts';
import {
  channelItem,
  packageItem,
  readChannel,
  readPackage,
  readToken,
  readVersion,
  tokenItem,
  versionItem,
} from './items.ts';
import {
  everyItem,
  packageList,
  pageOf,
  partitionList,
  pendingSizesIn,
  unfinishedIn,
  VERSION_LIST,
} from './lists.ts';
import { mergeSorted } from './merge-sorted.ts';
import { packagePlace, packagesOf, SWEEP_PARTITIONS } from './table.ts';

/** Versions that are remembered to be there; some 200 KB. */
const VERSIONS_REMEMBERED = 1000;

/** No transactions: every rule holds by the order of single writes. Lists may lag behind; single records are read as they are. */
export class DynamoCatalog implements Catalog {
  readonly #table: DynamoTable;
  readonly #entered = new Map<VersionId, Promise<unknown>>();

  constructor(options: DynamoTableOptions) {
    this.#table = new DynamoTable(options);
  }

  async getPackage(ref: PackageRef): Promise<PackageRecord | undefined> {
    return read(await this.#table.get(packagePlace(ref)), readPackage);
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
    page: PageRequest,
  ): Promise<Page<PackageRecord>> {
    if (states.length === 0) return { items: [] };
    return pageOf(this.#table, packageList(packagesOf(versionId), states), page, readPackage);
  }

  /**
   * The version is written first: a version without packages, which is what a crash between the two leaves, lists nothing and is
   * entered by the next upload all the same; a package without its version would be found by no list. What is replaced has its
   * version already, so that nothing is written where nothing is replaced.
   */
  async createPackage(record: PackageRecord, replaces?: Expected): Promise<boolean> {
    const item = packageItem(record);
    requireSize(record.key, item);
    if (replaces !== undefined) {
      return replaces.states.length > 0 && this.#table.put(item, asExpected(replaces));
    }
    await this.#enterVersion({ versionId: record.versionId, createdAt: record.createdAt });
    return this.#table.put(item, IS_NEW);
  }

  async changePackage(
    ref: PackageRef,
    expected: Expected,
    change: PackageChange,
  ): Promise<PackageRecord | undefined> {
    if (expected.states.length === 0) return undefined;
    const update = changeOf(ref, expected, change);
    return read(
      await this.#table.update(packagePlace(ref), update, asExpected(expected)),
      readPackage,
    );
  }

  async removePackage(ref: PackageRef, expected: Expected): Promise<boolean> {
    return (
      expected.states.length > 0 && this.#table.delete(packagePlace(ref), asExpected(expected))
    );
  }

  async *unfinished(touchedUntil: Timestamp): AsyncGenerator<PackageRecord, void, void> {
    const sources = SWEEP_PARTITIONS.map((partition) =>
      unfinishedIn(this.#table, partition, touchedUntil),
    );
    for await (const item of mergeSorted(sources, (one) => one['touchedAt']?.S ?? '')) {
      const record = readPackage(item);
      // The key of the index may be kept where a change did not tell: expressions.ts.
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

  async getVersion(versionId: VersionId): Promise<VersionRecord | undefined> {
    return read(
      await this.#table.get({ pk: TABLE.partition.versions, sk: versionId }),
      readVersion,
    );
  }

  async listVersions(page: PageRequest): Promise<Page<VersionRecord>> {
    return pageOf(this.#table, VERSION_LIST, page, readVersion);
  }

  async getChannel(channel: ChannelName): Promise<ChannelRecord | undefined> {
    return read(await this.#table.get({ pk: TABLE.partition.channels, sk: channel }), readChannel);
  }

  async listChannels(page: PageRequest): Promise<Page<ChannelRecord>> {
    return pageOf(this.#table, partitionList(TABLE.partition.channels), page, readChannel);
  }

  async putChannel(record: ChannelRecord, expectedVersionId?: VersionId | null): Promise<boolean> {
    const item = channelItem(record);
    if (expectedVersionId === undefined) return this.#table.put(item);
    return this.#table.put(item, expectedVersionId === null ? IS_NEW : pointsAt(expectedVersionId));
  }

  async deleteChannel(channel: ChannelName, expectedVersionId?: VersionId): Promise<boolean> {
    const place = { pk: TABLE.partition.channels, sk: channel };
    return this.#table.delete(place, expectedVersionId && pointsAtOrIsGone(expectedVersionId));
  }

  async getToken(tokenId: string): Promise<TokenRecord | undefined> {
    return read(await this.#table.get({ pk: TABLE.partition.tokens, sk: tokenId }), readToken);
  }

  async listTokens(page: PageRequest): Promise<Page<TokenRecord>> {
    return pageOf(this.#table, partitionList(TABLE.partition.tokens), page, readToken);
  }

  async allTokens(): Promise<readonly TokenRecord[]> {
    return (await everyItem(this.#table, TABLE.partition.tokens)).map(readToken);
  }

  async setTokenMakers(tokenId: string, makers: readonly string[]): Promise<boolean> {
    const place = { pk: TABLE.partition.tokens, sk: tokenId };
    return (await this.#table.update(place, makersOf(makers), IS_THERE)) !== undefined;
  }

  async createToken(record: TokenRecord): Promise<boolean> {
    const item = tokenItem(record);
    requireSize(`token ${record.tokenId}`, item);
    return this.#table.put(item, IS_NEW);
  }

  async deleteToken(tokenId: string): Promise<void> {
    await this.#table.delete({ pk: TABLE.partition.tokens, sk: tokenId });
  }

  /** Repeatable. */
  async close(): Promise<void> {
    this.#table.close();
  }

  /**
   * Versions are never removed: one that was seen need not be written again, which would heat one item with every upload for it.
   * Uploads at the same time share the write.
   */
  async #enterVersion(record: VersionRecord): Promise<void> {
    const { versionId } = record;
    const known = this.#entered.get(versionId);
    if (known !== undefined) {
      await known;
      return;
    }
    const entering = this.#table.put(versionItem(record), IS_NEW);
    this.#entered.set(versionId, entering);
    if (this.#entered.size > VERSIONS_REMEMBERED) this.#forgetOldest();
    try {
      await entering;
    } catch (error) {
      this.#entered.delete(versionId);
      throw error;
    }
  }

  #forgetOldest(): void {
    const [oldest] = this.#entered.keys();
    if (oldest !== undefined) this.#entered.delete(oldest);
  }
}

function read<Rec>(item: Item | undefined, readItem: (item: Item) => Rec): Rec | undefined {
  return item && readItem(item);
}
