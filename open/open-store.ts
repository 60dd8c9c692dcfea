/** Opens the store that settings name. A driver is loaded when it is chosen: S3's is slow to load. */
import type { Clock, NewId } from '../core/clock.ts';
import type { BlobStore } from '../core/ports/blob-store.ts';
import type { DiskStore } from '../storage/disk/disk-store.ts';
import type { UrlSigner } from '../storage/url-signer.ts';
import { s3Settings } from './s3-driver-settings.ts';
import type { S3Config } from './settings/s3-settings.ts';

/** The part of the storage settings that says where bytes are. */
export type StoreSettings =
  | { readonly type: 'local'; readonly localPath: string }
  | ({ readonly type: 's3' } & S3Config);

export interface OpenStoreOptions {
  readonly clock: Clock;
  readonly newId: NewId;
  /** At least 32 bytes; signs the URLs of files on this machine. */
  readonly signingKey: Uint8Array;
  /** What those URLs begin with, without a slash at its end. */
  readonly publicUrl: string;
  /** Whether a disk may remove what a killed process left: for the process that holds the lock. */
  readonly recover: boolean;
  /** A disk makes and changes nothing. @default false */
  readonly readOnly?: boolean | undefined;
  /** Of new objects in a bucket. @default the bucket's own */
  readonly storageClass?: string | undefined;
}

/** What serves the signed URLs of files on this machine. */
export interface Disk {
  readonly store: DiskStore;
  readonly signer: UrlSigner;
}

export interface OpenedStore {
  readonly store: BlobStore;
  /** Absent for a bucket. */
  readonly disk?: Disk;
  /** Asks the store whether it is there. @throws ServiceError that names the setting at fault */
  probe(): Promise<void>;
}

/** @throws INVALID_INPUT, NOT_SUPPORTED, UNAVAILABLE where the store can't be opened */
export async function openStore(
  settings: StoreSettings,
  options: OpenStoreOptions,
): Promise<OpenedStore> {
  const { clock, newId, recover, readOnly = false, storageClass } = options;
  if (settings.type === 's3') {
    const { S3Store } = await import('../storage/s3/s3-store.ts');
    const { probeBucket } = await import('../storage/s3/bucket/probe-bucket.ts');
    const s3 = s3Settings(settings);
    const store = new S3Store({ ...s3, ...(storageClass && { storageClass }), clock, newId });
    return { store, probe: () => probeBucket(s3, clock) };
  }
  const { DiskStore } = await import('../storage/disk/disk-store.ts');
  const { UrlSigner } = await import('../storage/url-signer.ts');
  const { signingKey: secret, publicUrl } = options;
  const signer = new UrlSigner({ secret, publicUrl, clock });
  const root = settings.localPath;
  const store = await DiskStore.open({ root, signer, clock, newId, recover, readOnly });
  // Opening it has looked at it.
  return { store, disk: { store, signer }, probe: async () => {} };
}
