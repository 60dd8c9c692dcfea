/** Hashes stored bytes range by range, from where an earlier step stopped, while there is time. */

import { isServiceError, ServiceError } from '../errors.ts';
import { type BlobInfo, type BlobStore, eachPiece } from '../ports/blob-store.ts';
import { type BlobVersion, versionOf } from '../records.ts';
import type { VerificationProgress } from './ticket.ts';

/** The port of a hash that one process saves and another continues. */
export interface ResumableHash {
  update(bytes: Uint8Array): void;
  /**
   * The state of the hash, as text of a few hundred characters. It may contain some of the bytes
   * that were hashed.
   */
  save(): string;
  /** SHA-256 in 64 lower-case hex digits. The hash cannot be used afterwards. */
  digest(): string;
}

export interface ResumableHashes {
  start(): Promise<ResumableHash>;
  /** @returns undefined if another build saved the state, or if it is no saved state */
  resume(state: string): Promise<ResumableHash | undefined>;
}

/** Takes some seconds on a slow connection. One range is what a step loses if it dies. */
const RANGE_BYTES = 64 * 1024 * 1024;

/**
 * - `hashed`: to the end.
 * - `stopped`: there was no time left, or a fault came after some ranges.
 * - `swapped`: those bytes are no longer stored.
 */
export type Hashing =
  | { readonly outcome: 'hashed'; readonly sha256: string }
  | { readonly outcome: 'stopped'; readonly progress: VerificationProgress }
  | { readonly outcome: 'swapped' };

export interface HashingOptions {
  readonly store: Pick<BlobStore, 'get'>;
  readonly hashes: ResumableHashes;
  /** Called between ranges. One range is hashed in any case, so that every step makes progress. */
  readonly mayGoOn: () => Promise<boolean>;
  /** @default 64 MiB */
  readonly rangeBytes?: number;
}

/** @throws what the store throws, if not even one range could be hashed */
export async function hashInRanges(
  options: HashingOptions,
  blob: BlobInfo,
  earlier: VerificationProgress | undefined,
): Promise<Hashing> {
  const { rangeBytes = RANGE_BYTES } = options;
  const { hash, from } = await begin(options.hashes, blob, earlier);
  let progress: VerificationProgress | undefined;
  for (let start = from; start < blob.size; start += rangeBytes) {
    if (progress !== undefined && !(await options.mayGoOn()))
      return { outcome: 'stopped', progress };
    const end = Math.min(start + rangeBytes, blob.size) - 1;
    try {
      await hashRange(options.store, hash, blob, { start, end });
    } catch (error) {
      if (isServiceError(error, 'CONFLICT', 'NOT_FOUND')) return { outcome: 'swapped' };
      // What was hashed before the fault is kept: the next step continues from there.
      if (progress !== undefined && isServiceError(error, 'UNAVAILABLE'))
        return { outcome: 'stopped', progress };
      throw error;
    }
    progress = { version: versionOf(blob), hashedBytes: end + 1, state: hash.save() };
  }
  return { outcome: 'hashed', sha256: hash.digest() };
}

/**
 * Starts from the beginning if nothing was hashed, if other bytes were, or if another build saved
 * the state.
 */
async function begin(
  hashes: ResumableHashes,
  blob: BlobInfo,
  earlier: VerificationProgress | undefined,
) {
  if (
    earlier !== undefined &&
    isSameVersion(earlier.version, blob) &&
    earlier.hashedBytes <= blob.size
  ) {
    const hash = await hashes.resume(earlier.state);
    if (hash !== undefined) return { hash, from: earlier.hashedBytes };
  }
  return { hash: await hashes.start(), from: 0 };
}

async function hashRange(
  store: HashingOptions['store'],
  hash: ResumableHash,
  blob: BlobInfo,
  range: { readonly start: number; readonly end: number },
): Promise<void> {
  let left = range.end - range.start + 1;
  await eachPiece(await store.get(blob.key, { range, version: versionOf(blob) }), (piece) => {
    hash.update(piece);
    left -= piece.length;
  });
  if (left !== 0) {
    throw new ServiceError(
      'UNAVAILABLE',
      `${blob.key}: the store sent ${-left} bytes more than the range that was asked for`,
    );
  }
}

export function isSameVersion(a: BlobVersion, b: BlobVersion): boolean {
  return a.etag === b.etag && a.objectVersion === b.objectVersion;
}
