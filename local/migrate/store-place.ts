/**
 * Where the source or the target of a migration is, a folder or a bucket, with a name that is
 * unique for each store.
 */

import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OWN_FOLDER } from '../../core/layout.ts';
import type { StorageConfig } from '../../core/settings.ts';
import type { S3Config } from '../../open/settings/s3-settings.ts';

export type StorePlace = FolderPlace | BucketPlace;

export interface FolderPlace {
  readonly type: 'local';
  /** An absolute path without symbolic links. */
  readonly place: string;
}

export interface BucketPlace {
  readonly type: 's3';
  /**
   * `s3://bucket/prefix` on AWS, where names of buckets are unique; else endpoint, bucket and
   * prefix. It holds no secret.
   */
  readonly place: string;
  readonly s3: S3Config;
}

export function folderPlace(path: string): FolderPlace {
  return { type: 'local', place: existsSync(path) ? realpathSync(path) : resolve(path) };
}

export function bucketPlace(s3: S3Config): BucketPlace {
  const { s3Bucket, s3Endpoint, s3Prefix } = s3;
  const path = [s3Bucket, ...(s3Prefix === undefined ? [] : [s3Prefix])].join('/');
  if (s3Endpoint === undefined) return { type: 's3', place: `s3://${path}`, s3 };
  return { type: 's3', place: `${new URL(s3Endpoint).href.replace(/\/+$/, '')}/${path}`, s3 };
}

export function placeOf(storage: StorageConfig): StorePlace {
  return storage.type === 's3' ? bucketPlace(storage) : folderPlace(storage.localPath);
}

/** The default path of the catalog of a service in this folder. */
export function catalogIn(folder: string): string {
  return join(folder, OWN_FOLDER, 'catalog.db');
}
