/**
 * The port behind which records are stored. Every driver passes test/storage/catalog.contract.ts.
 * Single records are read strongly consistent; lists may lag.
 */
import type { ChannelName, PackageId, PackageRef, VersionId } from '../names.ts';
import type {
  ChannelRecord,
  PackageChange,
  PackageRecord,
  PackageState,
  Timestamp,
  TokenRecord,
  VersionRecord,
} from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';

export interface PageRequest {
  /** 1 to 1000. */
  readonly limit: number;
  /** `next` of the page before, from the same list. */
  readonly after?: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /**
   * Where the next page begins; absent at the end. Only the same driver can read the text;
   * core/cursors.ts seals it for callers.
   */
  readonly next?: string;
}

/** 1000 is the most that `PageRequest` allows. */
const PAGE = 1000;

/** Every item of a list, read page by page. */
export async function* everyItem<Item>(
  readPage: (page: PageRequest) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, void> {
  let after: string | undefined;
  do {
    const page = await readPage({ limit: PAGE, ...withoutUndefined({ after }) });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}

/** What must still be true of a record when a change is written. */
export interface Expected {
  readonly attemptId: string;
  readonly states: readonly PackageState[];
  /**
   * When given, the record must not have been touched since: an upload that goes on is not expired.
   */
  readonly touchedAt?: Timestamp;
  /** When given, the bytes must still be in this store: two migrations exclude each other. */
  readonly store?: string;
}

export function isAsExpected(
  record: PackageRecord | undefined,
  expected: Expected,
): record is PackageRecord {
  return (
    record !== undefined &&
    record.attemptId === expected.attemptId &&
    expected.states.includes(record.state) &&
    (expected.touchedAt === undefined || record.touchedAt === expected.touchedAt) &&
    (expected.store === undefined || record.store === expected.store)
  );
}

export interface Catalog {
  getPackage(ref: PackageRef): Promise<PackageRecord | undefined>;
  /** In the order asked; `undefined` for each that does not exist. At most 100. */
  getPackages(
    versionId: VersionId,
    packageIds: readonly PackageId[],
  ): Promise<readonly (PackageRecord | undefined)[]>;
  /**
   * By packageId in the order of its UTF-8 bytes; only records in one of `states`. A page may be
   * short and still have a `next`.
   */
  listPackages(
    versionId: VersionId,
    states: readonly PackageState[],
    page: PageRequest,
  ): Promise<Page<PackageRecord>>;
  /**
   * Enters a new upload, and its version if it is the first. With `replaces`, only over a record
   * that is as expected.
   * @returns false if the name is taken (or not as expected); then nothing is written
   */
  createPackage(record: PackageRecord, replaces?: Expected): Promise<boolean>;
  /**
   * Changes one record if it is as expected, in one conditional write.
   * @returns the record as written, or undefined if the condition failed
   */
  changePackage(
    ref: PackageRef,
    expected: Expected,
    change: PackageChange,
  ): Promise<PackageRecord | undefined>;
  /** Removes the record if it is as expected: the name is free again. @returns whether it was */
  removePackage(ref: PackageRef, expected: Expected): Promise<boolean>;
  /**
   * The records that the sweep must look at, oldest first: `pending`, `verifying`, and `deleted`
   * with `purging`, touched at or before `touchedUntil`.
   */
  unfinished(touchedUntil: Timestamp): AsyncIterable<PackageRecord>;
  /**
   * Declared bytes of the packages that are `pending` or `verifying`, by the tokenId that announced
   * them. May lag.
   */
  pendingBytes(): Promise<ReadonlyMap<string, number>>;

  getVersion(versionId: VersionId): Promise<VersionRecord | undefined>;
  /** Newest first (by createdAt, then by versionId downwards). */
  listVersions(page: PageRequest): Promise<Page<VersionRecord>>;

  getChannel(channel: ChannelName): Promise<ChannelRecord | undefined>;
  /** By name in the order of its UTF-8 bytes. */
  listChannels(page: PageRequest): Promise<Page<ChannelRecord>>;
  /**
   * Sets a channel. With `expectedVersionId`, only if it points there now; with `null`, only if
   * there is no such channel.
   * @returns false if it was not as expected
   */
  putChannel(record: ChannelRecord, expectedVersionId?: VersionId | null): Promise<boolean>;
  /**
   * Succeeds if there is none. With `expectedVersionId`, only if it points there now.
   * @returns false if it points elsewhere
   */
  deleteChannel(channel: ChannelName, expectedVersionId?: VersionId): Promise<boolean>;

  getToken(tokenId: string): Promise<TokenRecord | undefined>;
  /** By tokenId. */
  listTokens(page: PageRequest): Promise<Page<TokenRecord>>;
  /**
   * Every token, by tokenId. Strongly consistent, unlike lists: it contains all that was written
   * before the call.
   */
  allTokens(): Promise<readonly TokenRecord[]>;
  /** @returns false if the tokenId is taken */
  createToken(record: TokenRecord): Promise<boolean>;
  /** Sets the `makers` of a token. @returns false if there is no such token */
  setTokenMakers(tokenId: string, makers: readonly string[]): Promise<boolean>;
  /** Succeeds if there is none. */
  deleteToken(tokenId: string): Promise<void>;

  close(): Promise<void>;
}
