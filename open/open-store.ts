/** Opens the store that the settings name. Only the chosen driver is loaded: S3's loads slowly. */
import type { Clock, NewId } from '../core/clock.ts';
import type { BlobStore } from '../core/ports/blob-store.ts';
import type { Statements } from '../core/ports/statements.ts';
import type { DiskStore } from '../storage/disk/disk-store.ts';
import type { UrlSigner } from '../storage/url-signer.ts';
import { s3Settings } from './s3-driver-settings.ts';
import type { S3Config } from './settings/s3-settings.ts';

/** The storage settings that say where the bytes are. */
export type StoreSettings =
  | { readonly type: 'local'; readonly localPath: string }
  | ({ readonly type: 's3' } & S3Config);

export interface OpenStoreOptions {
  readonly clock: Clock;
  readonly newId: NewId;
  /** At least 32 bytes. It signs the URLs of files on this machine. */
  readonly signingKey: Uint8Array;
  /** The beginning of those URLs, without a trailing slash. */
  readonly publicUrl: string;
  /** Whether a disk may remove what a killed process left. Only the holder of the lock may. */
  readonly recover: boolean;
  /** Whether a disk must not be changed. @default false */
  readonly readOnly?: boolean | undefined;
  /** The storage class of new objects in a bucket. @default the bucket's own */
  readonly storageClass?: string | undefined;
}

/** What the gateway needs to serve signed URLs of files on this machine. */
export interface Disk {
  readonly store: DiskStore;
  readonly signer: UrlSigner;
}

export interface OpenedStore {
  readonly store: BlobStore;
  readonly statements: Statements;
  /** @default the store is a bucket */
  readonly disk?: Disk;
  /** Where upload requests and links of the store lead. */
  readonly bytesOrigin: string;
  /** Checks that the store can be reached. @throws ServiceError that names the wrong setting */
  probe(): Promise<void>;
}

/** @throws INVALID_INPUT, NOT_SUPPORTED, UNAVAILABLE when the store cannot be opened */
export async function openStore(
  settings: StoreSettings,
  options: OpenStoreOptions,
): Promise<OpenedStore> {
  const { clock, newId, recover, readOnly = false, storageClass } = options;
  if (settings.type === 's3') {
    const { S3Store } = await import('../storage/s3/s3-store.ts');
    const { bucketAddress } = await import('../storage/s3/bucket/bucket-address.ts');
    const { sdkS3 } = await import('../storage/s3/requests/sdk-client.ts');
    const { probeBucket } = await import('../storage/s3/probing/probe-bucket.ts');
    const s3 = s3Settings(settings);
    const store = new S3Store({
      ...s3,
      connect: sdkS3,
      ...(storageClass && { storageClass }),
      clock,
      newId,
    });
    const address = bucketAddress(s3, s3.publicEndpoint ?? s3.endpoint);
    const bytesOrigin = `${address.protocol}//${address.host}`;
    const { S3Statements } = await import('../storage/s3/s3-statements.ts');
    const statements = new S3Statements(store);
    return { store, statements, bytesOrigin, probe: () => probeBucket(s3, clock) };
  }
  const { DiskStore } = await import('../storage/disk/disk-store.ts');
  const { UrlSigner } = await import('../storage/url-signer.ts');
  const { signingKey: secret, publicUrl } = options;
  const signer = new UrlSigner({ secret, publicUrl, clock });
  const root = settings.localPath;
  const store = await DiskStore.open({ root, signer, clock, newId, recover, readOnly });
  // A disk needs no probe: opening the folder has read it.
  const bytesOrigin = new URL(publicUrl).origin;
  const { DiskStatements } = await import('../storage/disk/disk-statements.ts');
  const statements = new DiskStatements(root);
  return { store, statements, disk: { store, signer }, bytesOrigin, probe: async () => {} };
}
