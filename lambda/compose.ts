/** Composes the services from settings, once a process: the only module in lambda that knows the drivers. */
import { hkdfSync } from 'node:crypto';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { Authenticator } from '../core/access.ts';
import type { Clock, NewId } from '../core/clock.ts';
import { Cursors } from '../core/cursors.ts';
import type { TokenRecord } from '../core/records.ts';
import type { Settings } from '../core/settings.ts';
import type { VerificationQueue } from '../core/uploads/deps.ts';
import { DiskStore } from '../storage/disk/disk-store.ts';
import { SqliteCatalog } from '../storage/sqlite/sqlite-catalog.ts';
import { UrlSigner } from '../storage/url-signer.ts';
import type { Services } from './services.ts';

/** What settings do not say. */
export interface Parts {
  /** At least 32 bytes: signs URLs; the key of the cursors is derived from it. */
  readonly signingKey: Uint8Array;
  /** Where callers reach the service, without a slash at its end. */
  readonly publicUrl: string;
  readonly log: Logger;
  /** The token of ADMIN_TOKEN. */
  readonly adminToken?: TokenRecord;
  /** @default none: what must be read back stays `verifying` until a process that has one sweeps */
  readonly verification?: VerificationQueue;
  /** Whether the store may remove what a killed process left: true for the one process that holds the lock. @default true */
  readonly recover?: boolean;
  /** @default the system's clock */
  readonly clock?: Clock;
  /** @default UUIDv7 */
  readonly newId?: NewId;
}

export interface Composition {
  readonly services: Services;
  readonly store: DiskStore;
  readonly signer: UrlSigner;
  /** Closes the store, then the catalog. */
  close(): Promise<void>;
}

const NO_QUEUE: VerificationQueue = { enqueue: async () => {} };

/** @throws INVALID_INPUT, NOT_SUPPORTED, UNAVAILABLE where the store or the catalog can't be opened */
export async function compose(settings: Settings, parts: Parts): Promise<Composition> {
  const { signingKey, publicUrl, log, adminToken, recover = true } = parts;
  const { verification = NO_QUEUE, clock = () => new Date(), newId = uuidv7 } = parts;
  const { linkTtlSeconds, uploadTtlSeconds, uploadRetentionSeconds, maxPackageBytes } = settings;
  const signer = new UrlSigner({ secret: signingKey, publicUrl, clock });
  // The store comes first: it makes the folder in which the catalog lies by default.
  const store = await DiskStore.open({ root: settings.storage.localPath, signer, clock, newId, recover });
  const catalog = await openCatalog(settings, store);
  const services: Services = {
    catalog,
    store,
    clock,
    newId,
    limits: { linkTtlSeconds, uploadTtlSeconds, uploadRetentionSeconds, maxPackageBytes },
    verification,
    authenticator: new Authenticator(catalog, clock, adminToken),
    cursors: new Cursors(keyOfCursors(signingKey)),
    publicUrl,
    publicDownloads: settings.publicDownloads,
    presignedUrls: settings.storage.presignedUrls,
    log,
  };
  const close = async () => {
    await store.close();
    await catalog.close();
  };
  return { services, store, signer, close };
}

async function openCatalog(settings: Settings, store: DiskStore): Promise<SqliteCatalog> {
  try {
    return SqliteCatalog.open({ path: settings.catalog.path });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** HKDF (RFC 5869), so that the two uses of the key have nothing to do with each other. */
function keyOfCursors(signingKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', signingKey, '', 'stowage cursors', 32));
}
