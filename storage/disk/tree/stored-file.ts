/** A published file as the disk describes it: its size, its ETag and its fingerprint. */
import type { BigIntStats } from 'node:fs';
import { ServiceError } from '../../../core/errors.ts';
import type { PackageKey } from '../../../core/names.ts';
import type { BlobVersion } from '../../../core/records.ts';

/** A published file at one moment. */
export interface StoredFile {
  readonly key: PackageKey;
  readonly path: string;
  readonly inode: bigint;
  readonly size: number;
  readonly mtimeNs: bigint;
  /** A strong ETag: size, and time of the last write in nanoseconds, in hex. */
  readonly etag: string;
  /** The ETag's values and the inode, so that a new file of the same size and time differs, too. */
  readonly fingerprint: string;
  readonly lastModified: Date;
}

export function storedFile(key: PackageKey, path: string, stats: BigIntStats): StoredFile {
  return {
    key,
    path,
    inode: stats.ino,
    size: Number(stats.size),
    mtimeNs: stats.mtimeNs,
    etag: `"${stats.size.toString(16)}-${stats.mtimeNs.toString(16)}"`,
    fingerprint: [stats.size, stats.mtimeNs, stats.ino].map((part) => part.toString(16)).join('-'),
    lastModified: stats.mtime,
  };
}

/** @throws CONFLICT when `file` has another ETag than `version` */
export function requireVersion(file: StoredFile, version: BlobVersion): void {
  if (file.etag !== version.etag) {
    throw new ServiceError(
      'CONFLICT',
      `${file.key} holds other bytes: expected ${version.etag}, got ${file.etag}`,
    );
  }
}
