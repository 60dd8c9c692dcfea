/**
 * The port behind which records are stored. Every driver passes test/storage/catalog.contract.ts.
 * Single records are read strongly consistent; lists may lag.
 */

import type { CheckRun } from '../checked.ts';
import type { Timestamp } from '../clock.ts';
import type { ChannelName, PackageId, PackageRef, VersionId } from '../names.ts';
import type {
  AuditDay,
  AuditEvent,
  ChannelRecord,
  LinkRecord,
  PackageChange,
  PackageRecord,
  PackageState,
  TokenRecord,
  TrustRule,
  VersionChange,
  VersionRecord,
} from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';
import type { TokenUses } from './token-uses.ts';

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

/** Every package of a version in one of `states`, with everything that was written before the call. */
export function everyPackage(
  catalog: Pick<Catalog, 'listPackages'>,
  versionId: VersionId,
  states: readonly PackageState[],
): AsyncGenerator<PackageRecord, void, void> {
  return everyItem((page) =>
    catalog.listPackages(versionId, states, { ...page, isConsistent: true }),
  );
}

/** `findInVersions` of a catalog that reads from its own memory or file: a batch would save nothing. */
export async function findOneByOne(
  catalog: Pick<Catalog, 'findPackage'>,
  versionIds: readonly VersionId[],
  name: string,
): Promise<readonly PackageRecord[]> {
  const found: PackageRecord[] = [];
  for (const versionId of versionIds) {
    const record = await catalog.findPackage(versionId, name);
    if (record !== undefined) found.push(record);
    if (record?.publishedAt !== undefined) break;
  }
  return found;
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

/** Whether a channel is still what `putChannel` expects. */
export function isExpectedChannel(
  current: ChannelRecord | undefined,
  expected: ExpectedChannel | null | undefined,
): boolean {
  if (expected === undefined) return true;
  if (expected === null || current === undefined) return expected === null && current === undefined;
  return (
    current.versionId === expected.versionId &&
    (expected.updatedAt === undefined || current.updatedAt === expected.updatedAt)
  );
}

/** What must be true of a version when it is changed. */
export interface ExpectedVersion {
  readonly isDraft: boolean;
  /** When given, the version is not sealed, and this is its `sealing`; `null`: it has none. */
  readonly sealing?: string | null;
}

export function isExpectedVersion(
  current: VersionRecord | undefined,
  { isDraft, sealing }: ExpectedVersion,
): current is VersionRecord {
  if (current === undefined || (current.draft === true) !== isDraft) return false;
  if (sealing === undefined) return true;
  return current.sealedAt === undefined && (current.sealing ?? null) === sealing;
}

export interface PublishedTotals {
  readonly packages: number;
  readonly bytes: number;
}

/** What must still be true of a channel when it is set. */
export type ExpectedChannel = Pick<ChannelRecord, 'versionId'> &
  Partial<Pick<ChannelRecord, 'updatedAt'>>;

/** Events from `from` on, and before `to`. */
export interface AuditRange {
  readonly from?: Timestamp;
  readonly to?: Timestamp;
}

/**
 * Changes are noted as events (core/audit/events.ts) with the change itself, so that none is without
 * its event.
 */
export interface Catalog {
  getPackage(ref: PackageRef): Promise<PackageRecord | undefined>;
  /**
   * The package that holds `name` in a version, as its filename or as its alias. Strongly
   * consistent. A rejected upload holds no name.
   */
  findPackage(versionId: VersionId, name: string): Promise<PackageRecord | undefined>;
  /**
   * What holds `name` in each of these versions, in their order; versions where nothing does are left
   * out. After a package that was published, the rest may be left out.
   * @param versionIds at most 20
   */
  findInVersions(versionIds: readonly VersionId[], name: string): Promise<readonly PackageRecord[]>;
  /** In the order asked; `undefined` for what is not there. At most 100. */
  getPackages(
    versionId: VersionId,
    packageIds: readonly PackageId[],
  ): Promise<readonly (PackageRecord | undefined)[]>;
  /**
   * By packageId in the order of its UTF-8 bytes; only records in one of `states`. A page may be
   * short and still have a `next`. With `isConsistent`, everything written before the call is in it.
   */
  listPackages(
    versionId: VersionId,
    states: readonly PackageState[],
    page: PageRequest & { readonly isConsistent?: boolean },
  ): Promise<Page<PackageRecord>>;
  /**
   * The packages of all versions whose bytes have this digest, in the same order each time. A page
   * may be short and still have a `next`. May lag.
   */
  findByDigest(sha256: string, page: PageRequest): Promise<Page<PackageRecord>>;
  /**
   * Enters a new upload with all its names and, where it is the first, its version. With `replaces`,
   * only over a record that is as expected.
   * @returns false where the packageId or one of the names is taken (or the record no longer as
   *   expected); nothing is written then
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
  /** Takes the record away if it is as expected: its names are free again. @returns whether it was */
  removePackage(ref: PackageRef, expected: Expected): Promise<boolean>;
  /**
   * Whether an unfinished upload still holds its names: asked before it is published. It does,
   * unless a server crashed while two uploads took the same name.
   */
  holdsNames(record: PackageRecord): Promise<boolean>;
  /** What the sweep must look at: `pending`, `verifying`, and `deleted` with `purging`, touched at or before `touchedUntil`; oldest first. */
  unfinished(touchedUntil: Timestamp): AsyncIterable<PackageRecord>;
  /**
   * Declared bytes of the packages that are `pending` or `verifying`, by the tokenId that announced
   * them. May lag.
   */
  pendingBytes(): Promise<ReadonlyMap<string, number>>;
  /**
   * The packages that are available or yanked: how many, and their bytes. May lag.
   * @throws NOT_SUPPORTED if every record would have to be read, at a price
   */
  publishedTotals(): Promise<PublishedTotals>;

  getVersion(versionId: VersionId): Promise<VersionRecord | undefined>;
  /** @returns false where there is such a version */
  createVersion(record: VersionRecord): Promise<boolean>;
  /**
   * Changes a version in one conditional write.
   * @returns the version as written, or undefined where there is none, or it is not as expected
   */
  changeVersion(
    versionId: VersionId,
    expected: ExpectedVersion,
    change: VersionChange,
  ): Promise<VersionRecord | undefined>;
  /** Newest first (by createdAt, then by versionId downwards). */
  listVersions(page: PageRequest): Promise<Page<VersionRecord>>;

  getChannel(channel: ChannelName): Promise<ChannelRecord | undefined>;
  /** By name in the order of its UTF-8 bytes. */
  listChannels(page: PageRequest): Promise<Page<ChannelRecord>>;
  /**
   * Sets a channel. With `expected`, only where it is still this record (`updatedAt` and version are
   * compared); with `null`, only where there is no such channel.
   * @returns false where that is not so
   */
  putChannel(record: ChannelRecord, expected?: ExpectedChannel | null): Promise<boolean>;
  /** Succeeds where there is none. With `expectedVersionId`, only where it points there now. @returns false where it points elsewhere */
  deleteChannel(channel: ChannelName, expectedVersionId?: VersionId): Promise<boolean>;

  getCheckRun(checkId: string): Promise<CheckRun | undefined>;
  /** Enters a run, or writes it again. */
  putCheckRun(run: CheckRun): Promise<void>;

  getToken(tokenId: string): Promise<TokenRecord | undefined>;
  /** By tokenId. */
  listTokens(page: PageRequest): Promise<Page<TokenRecord>>;
  /**
   * Every token, by tokenId. Strongly consistent, unlike lists: it contains all that was written
   * before the call.
   */
  allTokens(): Promise<readonly TokenRecord[]>;
  /** A random tokenId that this catalog can distinguish from an invented one. */
  newTokenId(): Promise<string>;
  /** @returns false if the tokenId is taken */
  createToken(record: TokenRecord): Promise<boolean>;
  /** Sets the `makers` of a token. @returns false if there is no such token */
  setTokenMakers(tokenId: string, makers: readonly string[]): Promise<boolean>;
  /** Succeeds if there is none. */
  deleteToken(tokenId: string): Promise<void>;

  /** @default the last use of tokens is not kept: it would take every reader the right to write */
  readonly tokenUses?: TokenUses;

  /** Every rule, by ruleId. Strongly consistent. */
  allTrustRules(): Promise<readonly TrustRule[]>;
  /** @returns false where the ruleId is taken */
  createTrustRule(rule: TrustRule): Promise<boolean>;
  /** Sets the `pinned` of a rule that has none. @returns false if it has, or is gone */
  pinTrustRule(ruleId: string, pinned: Readonly<Record<string, string>>): Promise<boolean>;
  /** Sets the `makers` of a rule. @returns false if there is no such rule */
  setTrustRuleMakers(ruleId: string, makers: readonly string[]): Promise<boolean>;
  /** Succeeds where there is none. */
  deleteTrustRule(ruleId: string): Promise<void>;
  /**
   * Notes that `key` was used, in one conditional write; it is remembered until `until` at least.
   * @returns false where it was used before
   */
  useOnce(key: string, until: Timestamp, now: Timestamp): Promise<boolean>;

  getLink(linkId: string): Promise<LinkRecord | undefined>;
  /** By linkId. */
  listLinks(page: PageRequest): Promise<Page<LinkRecord>>;
  /** @returns false where the linkId is taken */
  createLink(record: LinkRecord): Promise<boolean>;
  /** Counts one download of a link that allows `maxDownloads`. @returns false where there were that many, or it is gone */
  countDownload(linkId: string): Promise<boolean>;
  /** Succeeds where there is none. */
  deleteLink(linkId: string): Promise<void>;

  /** Newest first, with everything that was written before the call. */
  listAudit(range: AuditRange, page: PageRequest): Promise<Page<AuditEvent>>;
  /** The digests of days, newest first. Strongly consistent. */
  listAuditDays(page: PageRequest): Promise<Page<AuditDay>>;
  /** @returns false where the day has its digest */
  createAuditDay(day: AuditDay): Promise<boolean>;
  /** Takes the events before this moment away, unless the database does that by itself. */
  forgetAudit(before: Timestamp): Promise<void>;

  close(): Promise<void>;
}
