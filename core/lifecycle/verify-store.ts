/**
 * Compares stored files with the catalog: hashes every published file again, finds files that no
 * record owns, and repairs records whose bytes are right.
 */

import { createHash } from 'node:crypto';
import { isServiceError, ServiceError } from '../errors.ts';
import { type PackageKey, parsePackageKey, parseVersionId, type VersionId } from '../names.ts';
import { type BlobInfo, type BlobStore, eachPiece } from '../ports/blob-store.ts';
import { type Catalog, everyItem } from '../ports/catalog.ts';
import { allStores, type Stores, storeOf } from '../ports/stores.ts';
import { type PackageRecord, PUBLISHED, versionOf } from '../records.ts';

type ReadableStore = Pick<BlobStore, 'name' | 'stat' | 'get' | 'list'>;

export interface VerifyDeps extends Stores<ReadableStore> {
  readonly catalog: Pick<
    Catalog,
    'getPackage' | 'listPackages' | 'listVersions' | 'getVersion' | 'changePackage'
  >;
}

export interface VerifyOptions {
  /** @default all */
  readonly versionId?: VersionId | undefined;
  /**
   * Writes into the record of a file with the right bytes its ETag, and that it is not damaged.
   * @default false
   */
  readonly repair?: boolean | undefined;
  /**
   * Writes into the record of a file with the right bytes its ETag, unless the record has it as
   * damaged. @default false
   */
  readonly note?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * - `ok`: the bytes are those that were published.
 * - `corrupt`, `missing`: there are other bytes, or none.
 * - `unowned`: no record owns the file.
 * - `touched`: the right bytes were stored again, as from a backup. Requests for the record's ETag
 *   are refused.
 * - `noted`: it was `touched`, and the record now has its ETag: the file is served.
 * - `repaired`: as `noted`, or the record had it as damaged, and no longer has.
 */
export type StoreVerdict =
  | { readonly outcome: 'ok'; readonly key: PackageKey; readonly size: number }
  | {
      readonly outcome: 'noted';
      readonly key: PackageKey;
      readonly size: number;
      readonly detail: string;
    }
  | {
      readonly outcome: 'corrupt' | 'missing' | 'unowned' | 'touched' | 'repaired';
      readonly key: PackageKey;
      readonly detail: string;
    };

/**
 * Changes nothing but for `repair`. May run beside a server: a package may be published or deleted
 * meanwhile, so a finding is checked again before it is reported.
 * @throws NOT_FOUND for an unknown version
 */
export async function* verifyStore(
  deps: VerifyDeps,
  options: VerifyOptions = {},
): AsyncGenerator<StoreVerdict, void, void> {
  const { signal } = options;
  for await (const versionId of versionsOf(deps, options.versionId)) {
    const packages = everyItem((page) => deps.catalog.listPackages(versionId, PUBLISHED, page));
    for await (const record of packages) {
      signal?.throwIfAborted();
      const verdict = await verdictOn(deps, record, options);
      if (verdict.outcome === 'ok' || (await isStillPublished(deps, record))) yield verdict;
    }
  }
  const prefix = options.versionId === undefined ? undefined : `packages/${options.versionId}/`;
  for (const store of allStores(deps)) {
    for await (const { key } of store.list(prefix)) {
      signal?.throwIfAborted();
      if ((await isOwned(deps, key, store)) || (await store.stat(key)) === undefined) continue;
      yield {
        outcome: 'unowned',
        key,
        detail: `no record owns this file of the store ${store.name}`,
      };
    }
  }
}

async function* versionsOf(
  { catalog }: VerifyDeps,
  only: VersionId | undefined,
): AsyncGenerator<VersionId, void, void> {
  if (only !== undefined) {
    if ((await catalog.getVersion(only)) === undefined)
      throw new ServiceError('NOT_FOUND', `there is no version ${only}`);
    yield only;
    return;
  }
  for await (const record of everyItem((page) => catalog.listVersions(page)))
    yield parseVersionId(record.versionId);
}

async function verdictOn(
  deps: VerifyDeps,
  record: PackageRecord,
  options: VerifyOptions,
): Promise<StoreVerdict> {
  const { key, size } = record;
  const found = await rightBytes(deps, record, options.signal);
  if ('outcome' in found) return found;
  const isMarked = record.damage !== undefined;
  if (found.etag === record.blob?.etag && !isMarked) return { outcome: 'ok', key, size };
  const detail = isMarked
    ? `the bytes are right, but the record has them as damaged since ${record.damage.foundAt}`
    : `the bytes are right, but their ETag is ${found.etag}, and the record says ${record.blob?.etag ?? 'none'}`;
  if (options.repair === true || (options.note === true && !isMarked)) {
    const isWritten = await repair(deps, record, found);
    if (isWritten && options.repair === true) return { outcome: 'repaired', key, detail };
    if (isWritten) return { outcome: 'noted', key, size, detail };
  }
  return { outcome: 'touched', key, detail };
}

/** What is stored, if it is what was published; else the verdict on it. */
async function rightBytes(
  deps: VerifyDeps,
  record: PackageRecord,
  signal: AbortSignal | undefined,
): Promise<BlobInfo | StoreVerdict> {
  const { key, size, sha256 } = record;
  try {
    const store = storeOf(deps, record);
    const blob = await store.stat(key);
    if (blob === undefined)
      return { outcome: 'missing', key, detail: 'nothing is stored under this key' };
    if (blob.size !== size)
      return { outcome: 'corrupt', key, detail: `size must be ${size}, got ${blob.size}` };
    const stored = await hashOf(store, blob, signal);
    if (stored === sha256) return blob;
    const marked =
      record.damage === undefined ? '' : ` (downloads are refused since ${record.damage.foundAt})`;
    return { outcome: 'corrupt', key, detail: `sha256 must be ${sha256}, got ${stored}${marked}` };
  } catch (error) {
    signal?.throwIfAborted();
    if (isServiceError(error, 'KEY_OCCUPIED'))
      return { outcome: 'corrupt', key, detail: error.message };
    // Unreadable bytes are a finding, and the other files may be well.
    const reason = error instanceof Error ? error.message : String(error);
    return { outcome: 'corrupt', key, detail: `can't be read: ${reason}` };
  }
}

async function hashOf(
  store: ReadableStore,
  version: BlobInfo,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256');
  await eachPiece(await store.get(version.key, { version }), (piece) => {
    signal?.throwIfAborted();
    hash.update(piece);
  });
  return hash.digest('hex');
}

/**
 * Writes into the record the bytes that were just read. @returns false if they, or the record, have
 * changed
 */
async function repair(deps: VerifyDeps, record: PackageRecord, read: BlobInfo): Promise<boolean> {
  if ((await storeOf(deps, record).stat(record.key))?.etag !== read.etag) return false;
  const blob = versionOf(read);
  const expected = { attemptId: record.attemptId, states: PUBLISHED, store: record.store };
  return (await deps.catalog.changePackage(record, expected, { blob, damage: null })) !== undefined;
}

async function isStillPublished({ catalog }: VerifyDeps, record: PackageRecord): Promise<boolean> {
  const now = await catalog.getPackage(record);
  return now?.attemptId === record.attemptId && PUBLISHED.includes(now.state);
}

/**
 * A deleted record owns its bytes while they are being removed. Any other record owns them for as
 * long as it exists: in the store that holds them, and in the store that they were migrated from.
 */
async function isOwned(
  { catalog }: VerifyDeps,
  key: PackageKey,
  { name }: ReadableStore,
): Promise<boolean> {
  const record = await catalog.getPackage(parsePackageKey(key));
  if (record?.key !== key || ![record.store, record.movedFrom?.store].includes(name)) return false;
  return record.state !== 'deleted' || record.purging === true;
}
