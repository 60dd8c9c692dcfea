/** Records for the contract of the catalog: valid and small, with the fields that a test sets. */
import type { Timestamp } from '../../../core/clock.ts';
import {
  packageKey,
  parseChannelName,
  parseExt,
  parsePackageId,
  parseVersionId,
} from '../../../core/names.ts';
import type { Catalog, Expected, Page, PageRequest } from '../../../core/ports/catalog.ts';
import type {
  ChannelRecord,
  PackageRecord,
  PackageState,
  TokenRecord,
} from '../../../core/records.ts';

export interface CatalogHarness {
  readonly catalog: Catalog;
  /** A second catalog on the same data, for races. The harness closes it. */
  readonly second?: () => Promise<Catalog>;
  /** Resolves once lists show all writes. */
  settled(): Promise<void>;
  /** Closes the catalog and removes its data. */
  close(): Promise<void>;
}

export const ALL_STATES: readonly PackageState[] = [
  'pending',
  'verifying',
  'available',
  'yanked',
  'rejected',
  'deleted',
];

export const V1 = parseVersionId('1.0.0');

/** The timestamp `seconds` after a fixed moment. */
export function at(seconds: number): Timestamp {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
}

type Fields = Omit<Partial<PackageRecord>, 'versionId' | 'packageId'>;

/** A pending upload of `id` in `version`. */
export function packageRecord(id: string, fields: Fields = {}, version = '1.0.0'): PackageRecord {
  const versionId = parseVersionId(version);
  const packageId = parsePackageId(id);
  const ext = parseExt('tar.gz');
  return {
    versionId,
    packageId,
    ext,
    key: packageKey(versionId, packageId, ext),
    state: 'pending',
    size: 3,
    sha256: 'a'.repeat(64),
    filename: `${id}.tar.gz`,
    contentType: 'application/gzip',
    metadata: {},
    createdAt: at(0),
    createdBy: 'maker001',
    attemptId: 'attempt-1',
    plan: { method: 'single' },
    touchedAt: at(0),
    store: 'memory',
    ...fields,
  };
}

/** Expects the record as it is now. */
export function expectedOf(record: PackageRecord): Expected {
  return { attemptId: record.attemptId, states: [record.state] };
}

export function tokenRecord(tokenId: string, fields: Partial<TokenRecord> = {}): TokenRecord {
  return {
    tokenId,
    secretSha256: 'b'.repeat(64),
    name: 'CI',
    scopes: ['publish'],
    createdAt: at(0),
    createdBy: 'maker001',
    ...fields,
  };
}

export function channelRecord(channel: string, version: string, seconds = 0): ChannelRecord {
  return {
    channel: parseChannelName(channel),
    versionId: parseVersionId(version),
    updatedAt: at(seconds),
  };
}

/** Creates all `records`, in parallel. */
export async function fill(catalog: Catalog, records: readonly PackageRecord[]): Promise<void> {
  const created = await Promise.all(records.map((record) => catalog.createPackage(record)));
  if (created.includes(false))
    throw new Error('the records of a test must have names of their own');
}

/** All items of a list. Fails if a page exceeds the limit, or the list does not end. */
export async function everyItem<Item>(
  list: (page: PageRequest) => Promise<Page<Item>>,
  limit: number,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let page = await list({ limit });
  for (let pages = 1; ; pages += 1) {
    if (page.items.length > limit)
      throw new Error(`a page of ${page.items.length} items, the limit is ${limit}`);
    if (pages > 5000) throw new Error('a list that does not end');
    items.push(...page.items);
    if (page.next === undefined) return items;
    page = await list({ limit, after: page.next });
  }
}

export async function everyUnfinished(
  catalog: Catalog,
  touchedUntil: Timestamp,
): Promise<readonly PackageRecord[]> {
  const records: PackageRecord[] = [];
  for await (const record of catalog.unfinished(touchedUntil)) records.push(record);
  return records;
}

export function namesOf(records: readonly PackageRecord[]): readonly string[] {
  return records.map((record) => record.packageId);
}

export function countOf(answers: readonly boolean[]): {
  readonly yes: number;
  readonly no: number;
} {
  const yes = answers.filter((answer) => answer).length;
  return { yes, no: answers.length - yes };
}
