/**
 * Compares the stored bytes of one package with its record, and marks the record as damaged, or
 * removes the mark.
 */

import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { isServiceError } from '../errors.ts';
import type { PackageKey } from '../names.ts';
import type { BlobInfo, BlobStore } from '../ports/blob-store.ts';
import type { Catalog } from '../ports/catalog.ts';
import { type Stores, storeOf } from '../ports/stores.ts';
import {
  digestOf,
  type PackageChange,
  type PackageRecord,
  PUBLISHED,
  versionOf,
} from '../records.ts';

export type ScrubStore = Pick<BlobStore, 'name' | 'scrubbedBy' | 'stat' | 'get'>;

export interface ScrubDeps extends Stores<ScrubStore> {
  readonly catalog: Pick<Catalog, 'getPackage' | 'changePackage' | 'listPackages' | 'listVersions'>;
  readonly clock: Clock;
  /** Waits until so many more bytes may be read. Throws if the scrub is to stop. */
  readonly pace: (bytes: number) => Promise<void>;
}

/**
 * - `sound`: the bytes match the record.
 * - `damaged`: they do not; downloads are refused from now on.
 * - `missing`: nothing is stored. The record stays as it is: downloads fail in any case.
 * - `restored`: they match again; the mark is gone.
 * - `noted`: the right bytes were stored again, as from a backup; the record has their new ETag.
 * - `unread`: the store could not answer. Says nothing about the bytes, so nothing changes.
 * - `changed`: bytes or record changed meanwhile. The next scrub looks again.
 */
export type ScrubOutcome =
  | 'sound'
  | 'damaged'
  | 'missing'
  | 'restored'
  | 'noted'
  | 'unread'
  | 'changed';

export interface ScrubResult {
  readonly outcome: ScrubOutcome;
  readonly key: PackageKey;
  /** Empty for `sound`. */
  readonly detail: string;
}

const PACE_BYTES = 1024 * 1024;

/** Never deletes or changes bytes. @throws what `pace` throws, and errors of the catalog */
export async function scrubPackage(deps: ScrubDeps, record: PackageRecord): Promise<ScrubResult> {
  const { key } = record;
  const found = await look(deps, record);
  switch (found.kind) {
    case 'unread':
      return { outcome: 'unread', key, detail: found.detail };
    case 'missing':
      if (!(await isSame(deps, record))) return changed(key);
      return { outcome: 'missing', key, detail: 'nothing is stored under this key' };
    case 'wrong':
      return markDamaged(deps, record, found);
    case 'right':
      return noteRight(deps, record, found.info);
  }
}

type Wrong = { readonly kind: 'wrong'; readonly detail: string; readonly info?: BlobInfo };
type Found =
  | Wrong
  | { readonly kind: 'right'; readonly info: BlobInfo }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unread'; readonly detail: string };

async function look(deps: ScrubDeps, record: PackageRecord): Promise<Found> {
  const { key, size, sha256 } = record;
  try {
    const store = storeOf(deps, record);
    const info = await store.stat(key);
    if (info === undefined) return { kind: 'missing' };
    if (info.size !== size)
      return { kind: 'wrong', info, detail: `size must be ${size}, got ${info.size}` };
    const stored = await readEvidence(deps, store, record, info);
    if (stored === sha256) return { kind: 'right', info };
    return { kind: 'wrong', info, detail: `sha256 must be ${sha256}, got ${stored}` };
  } catch (error) {
    if (isServiceError(error, 'KEY_OCCUPIED')) return { kind: 'wrong', detail: error.message };
    // The file was changed or removed while it was read, or the store does not answer.
    if (isServiceError(error)) return { kind: 'unread', detail: error.message };
    throw error;
  }
}

/**
 * The SHA-256 of the stored bytes. A store that is asked instead of read is trusted if it names the
 * proven bytes, or has a proof of its own. Other bytes are read there, too.
 */
async function readEvidence(
  { pace }: ScrubDeps,
  store: ScrubStore,
  record: PackageRecord,
  info: BlobInfo,
): Promise<string> {
  if (store.scrubbedBy === 'asking') {
    if (info.sha256 !== undefined) return info.sha256;
    if (info.etag === record.blob?.etag && record.damage === undefined) return digestOf(record);
  }
  const hash = createHash('sha256');
  const body = await store.get(info.key, { version: info });
  let unpaced = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    hash.update(piece);
    unpaced += piece.length;
    body.giveBack?.(piece);
    if (unpaced < PACE_BYTES) continue;
    await pace(unpaced);
    unpaced = 0;
  }
  return hash.digest('hex');
}

async function markDamaged(
  deps: ScrubDeps,
  record: PackageRecord,
  { detail, info }: Wrong,
): Promise<ScrubResult> {
  const { key, damage } = record;
  if (damage !== undefined) return { outcome: 'damaged', key, detail };
  if (await isOther(deps, record, info)) return changed(key);
  const marked = await change(deps, record, {
    damage: { foundAt: deps.clock().toISOString(), detail },
  });
  return marked ? { outcome: 'damaged', key, detail } : changed(key);
}

async function noteRight(
  deps: ScrubDeps,
  record: PackageRecord,
  info: BlobInfo,
): Promise<ScrubResult> {
  const { key, damage, blob } = record;
  const { etag } = info;
  const isNew = etag !== blob?.etag;
  if (!isNew && damage === undefined) return { outcome: 'sound', key, detail: '' };
  if (await isOther(deps, record, info)) return changed(key);
  const noted = isNew ? { blob: versionOf(info) } : {};
  const cleared = damage === undefined ? {} : { damage: null };
  if (!(await change(deps, record, { ...noted, ...cleared }))) return changed(key);
  return damage === undefined
    ? { outcome: 'noted', key, detail: `the right bytes were stored again; their ETag is ${etag}` }
    : {
        outcome: 'restored',
        key,
        detail: `the bytes match again; they were damaged since ${damage.foundAt}`,
      };
}

function changed(key: PackageKey): ScrubResult {
  return { outcome: 'changed', key, detail: 'bytes or record changed during the scrub' };
}

/** Whether the stored bytes have changed since they were looked at. */
async function isOther(
  deps: ScrubDeps,
  record: PackageRecord,
  seen: BlobInfo | undefined,
): Promise<boolean> {
  if (seen === undefined) return false;
  const now = await storeOf(deps, record).stat(record.key);
  return now?.etag !== seen.etag || now.fingerprint !== seen.fingerprint;
}

/**
 * Whether the package is still published, in the same store. If not, its bytes may be gone for good
 * reasons.
 */
async function isSame(
  { catalog }: ScrubDeps,
  { store, attemptId, ...ref }: PackageRecord,
): Promise<boolean> {
  const now = await catalog.getPackage(ref);
  return now?.store === store && now.attemptId === attemptId && PUBLISHED.includes(now.state);
}

/** @returns false if the record has changed */
async function change(
  { catalog }: ScrubDeps,
  record: PackageRecord,
  what: PackageChange,
): Promise<boolean> {
  const { attemptId, store, touchedAt } = record;
  const expected = { attemptId, states: PUBLISHED, store, touchedAt };
  return (await catalog.changePackage(record, expected, what)) !== undefined;
}
