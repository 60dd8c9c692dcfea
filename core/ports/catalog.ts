/** The port behind which records live. Every driver keeps test/storage/catalog.contract.ts. Single records are read strongly consistent; lists may lag. */
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
  /** Where the next page begins; absent at the end. Text that only the same driver reads; core/cursors.ts seals it for callers. */
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
  /** When given, the record must not have been touched since: guards an expiry against an upload that goes on. */
  readonly touchedAt?: Timestamp;
  /** When given, the bytes must still lie in this store: guards a move against another one. */
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
  /** In the order asked; `undefined` for what is not there. At most 100. */
  getPackages(
    versionId: VersionId,
    packageIds: readonly PackageId[],
  ): Promise<readonly (PackageRecord | undefined)[]>;
  /** By packageId in the order of its UTF-8 bytes; only records in one of `states`. A page may be short and still have a `next`. */
  listPackages(
    versionId: VersionId,
    states: readonly PackageState[],
    page: PageRequest,
  ): Promise<Page<PackageRecord>>;
  /**
   * Enters a new upload and, where it is the first, its version. With `replaces`, only over a record that is as expected.
   * @returns false where the name is taken (or no longer as expected); nothing is written then
   */
  createPackage(record: PackageRecord, replaces?: Expected): Promise<boolean>;
  /** Changes one record if it is as expected, in one conditional write. @returns the record as written, or undefined where the condition failed */
  changePackage(
    ref: PackageRef,
    expected: Expected,
    change: PackageChange,
  ): Promise<PackageRecord | undefined>;
  /** Takes the record away if it is as expected: the name is free again. @returns whether it was */
  removePackage(ref: PackageRef, expected: Expected): Promise<boolean>;
  /** What the sweep must look at: `pending`, `verifying`, and `deleted` with `purging`, touched at or before `touchedUntil`; oldest first. */
  unfinished(touchedUntil: Timestamp): AsyncIterable<PackageRecord>;
  /**
   * Declared bytes of what is `pending` or `verifying`, by the tokenId of who announced it. May
   * lag.
   */
  pendingBytes(): Promise<ReadonlyMap<string, number>>;

  getVersion(versionId: VersionId): Promise<VersionRecord | undefined>;
  /** Newest first (by createdAt, then by versionId downwards). */
  listVersions(page: PageRequest): Promise<Page<VersionRecord>>;

  getChannel(channel: ChannelName): Promise<ChannelRecord | undefined>;
  /** By name in the order of its UTF-8 bytes. */
  listChannels(page: PageRequest): Promise<Page<ChannelRecord>>;
  /**
   * Sets a channel. With `expectedVersionId`, only where it points there now; with `null`, only where there is no such channel.
   * @returns false where that is not so
   */
  putChannel(record: ChannelRecord, expectedVersionId?: VersionId | null): Promise<boolean>;
  /** Succeeds where there is none. With `expectedVersionId`, only where it points there now. @returns false where it points elsewhere */
  deleteChannel(channel: ChannelName, expectedVersionId?: VersionId): Promise<boolean>;

  getToken(tokenId: string): Promise<TokenRecord | undefined>;
  /** By tokenId. */
  listTokens(page: PageRequest): Promise<Page<TokenRecord>>;
  /**
   * Every token, by tokenId; strongly consistent, unlike lists: whatever was written before the
   * call is in it.
   */
  allTokens(): Promise<readonly TokenRecord[]>;
  /** @returns false where the tokenId is taken */
  createToken(record: TokenRecord): Promise<boolean>;
  /** Sets the `makers` of a token. @returns false where there is no such token */
  setTokenMakers(tokenId: string, makers: readonly string[]): Promise<boolean>;
  /** Succeeds where there is none. */
  deleteToken(tokenId: string): Promise<void>;

  close(): Promise<void>;
}
