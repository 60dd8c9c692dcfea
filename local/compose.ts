/** Composes the services of a server on this machine from its settings, once per process. */

import { v7 as uuidv7 } from 'uuid';
import { Authenticator } from '../core/access/authenticator.ts';
import type { FailedTokens } from '../core/access/failed-tokens.ts';
import type { CheckQueue } from '../core/checks/runs/check-queue.ts';
import type { Clock, NewId } from '../core/clock.ts';
import { Cursors, keyOfCursors } from '../core/cursors.ts';
import type { Catalog } from '../core/ports/catalog.ts';
import { type ReleaseSigner, withFallback } from '../core/ports/statements.ts';
import type { VerificationQueue } from '../core/publishing/deps.ts';
import { EMBEDDED, PendingBytes, SHARED } from '../core/publishing/pending-bytes.ts';
import { catalogAnswers, Readiness, storeAnswers } from '../core/reading/readiness.ts';
import type { TokenRecord } from '../core/records.ts';
import type { Settings, StorageConfig } from '../core/settings.ts';
import { filesInStores } from '../core/updates/files-in-stores.ts';
import { withoutUndefined } from '../core/without-undefined.ts';
import { openCatalog } from '../open/open-catalog.ts';
import { openIdTokens } from '../open/open-id-tokens.ts';
import { type Disk, type OpenedStore, openStore } from '../open/open-store.ts';
import type { Log } from '../service/host/log.ts';
import type { Services } from '../service/host/services.ts';

/** What a server needs besides its settings. */
export interface Parts {
  /** At least 32 bytes. It signs URLs, and the key of the cursors is derived from it. */
  readonly signingKey: Uint8Array;
  /** Where callers reach the service, without a trailing slash. */
  readonly publicUrl: string;
  readonly log: Log;
  /** Signs the statements of sealed versions. @default this process makes none */
  readonly releaseSigner?: ReleaseSigner;
  /** The record of ADMIN_TOKEN. */
  readonly adminToken?: TokenRecord;
  /** Counts failed tokens and throttles them. @default they are not counted */
  readonly failedTokens?: FailedTokens;
  /** Is called for the first use of a token on a day. @default the catalog notes it, if it can */
  readonly onTokenUse?: (tokenId: string, day: string) => void;
  /** An open catalog, which `close` closes. @default the one of the settings is opened */
  readonly catalog?: Catalog;
  /** @default none: packages stay `verifying` until the sweep of a process that has a queue */
  readonly verification?: VerificationQueue;
  /** @default none: what must read large files is not checked */
  readonly checkQueue?: CheckQueue;
  /** Whether the store may remove what a killed process left: only with the lock. @default true */
  readonly recover?: boolean;
  /** Wraps the store and the catalog, to count their failures. @default they are used as they are */
  readonly watch?: <Part extends object>(name: 'store' | 'catalog', part: Part) => Part;
  /** @default the system's clock */
  readonly clock?: Clock;
  /** @default UUIDv7 */
  readonly newId?: NewId;
}

export interface Composition {
  readonly services: Services;
  /** Where upload requests lead. */
  readonly bytesOrigin: string;
  /** What serves signed URLs of files on this machine. @default no store keeps files here */
  readonly disk?: Disk;
  /**
   * Checks that the stores and the catalog can be reached and used.
   * @throws ServiceError that names the wrong setting
   */
  probe(): Promise<void>;
  /** Closes the stores, then the catalog. */
  close(): Promise<void>;
}

const NO_QUEUE: VerificationQueue & CheckQueue = {
  enqueue: async () => {},
  enqueueCheck: async () => {},
};

/**
 * Sends nothing to other machines yet; `probe` does. Only the chosen drivers are loaded, because
 * those of AWS load slowly.
 * @throws INVALID_INPUT, NOT_SUPPORTED, UNAVAILABLE when store or catalog cannot be opened
 */
export async function compose(settings: Settings, parts: Parts): Promise<Composition> {
  const { signingKey, publicUrl, log, adminToken, failedTokens } = parts;
  const {
    verification = NO_QUEUE,
    checkQueue = NO_QUEUE,
    clock = () => new Date(),
    newId = uuidv7,
  } = parts;
  const { recover = true, watch = (_, part) => part } = parts;
  const { linkTtlSeconds, uploadTtlSeconds, uploadRetentionSeconds, auditRetentionDays } = settings;
  const { maxPackageBytes, maxPendingBytes, maxPendingBytesPerToken, singleUploadBytes } = settings;
  // The store comes first: a disk store makes the folder that holds the catalog by default.
  const opened: OpenedStore[] = [];
  const close = async () => {
    for (const { store } of opened) await store.close();
  };
  const open = async (storage: StorageConfig) => {
    const one = await closeOnFailure(close, () =>
      openStore(storage, { signingKey, publicUrl, recover, clock, newId }),
    );
    opened.push(one);
    return one;
  };
  const { store: openedStore, statements, bytesOrigin } = await open(settings.storage);
  const store = watch('store', openedStore);
  const other = settings.fallback && (await open(settings.fallback));
  const fallback = other?.store;
  const { catalog: openedCatalog, probe: probeCatalog } = await closeOnFailure(close, async () =>
    parts.catalog === undefined
      ? openCatalog(settings.catalog, {
          isOwner: recover,
          ...withoutUndefined({ auditRetentionDays }),
        })
      : { catalog: parts.catalog, probe: async () => {} },
  );
  const catalog = watch('catalog', openedCatalog);
  const services: Services = {
    catalog,
    store,
    ...withoutUndefined({ fallback, releaseSigner: parts.releaseSigner }),
    statements: other === undefined ? statements : withFallback(statements, other.statements),
    clock,
    newId,
    limits: {
      linkTtlSeconds,
      uploadTtlSeconds,
      uploadRetentionSeconds,
      maxPackageBytes,
      maxPendingBytes,
      maxPendingBytesPerToken,
      ...withoutUndefined({ singleUploadBytes, auditRetentionDays }),
    },
    ...(await openPending(settings)),
    verification,
    checkQueue,
    authenticator: new Authenticator(
      catalog,
      clock,
      adminToken,
      failedTokens,
      parts.onTokenUse ?? noteUses(catalog, log),
    ),
    idTokens: openIdTokens(clock, settings.trustPrivateIssuers),
    cursors: new Cursors(keyOfCursors(signingKey)),
    smallFiles: filesInStores({ store, ...withoutUndefined({ fallback }) }),
    readiness: new Readiness(
      [catalogAnswers(catalog), ...opened.map((one) => storeAnswers(one.store))],
      clock,
    ),
    publicUrl,
    publicDownloads: settings.publicDownloads,
    ...(settings.securityContact === undefined
      ? {}
      : { securityContact: settings.securityContact }),
    presignedUrls: settings.storage.presignedUrls,
    log,
  };
  const probe = async () => {
    for (const one of opened) await one.probe();
    await probeCatalog();
  };
  const disk = opened.find((one) => one.disk !== undefined)?.disk;
  const closeAll = async () => {
    await close();
    await catalog.close();
  };
  return { services, bytesOrigin, ...withoutUndefined({ disk }), probe, close: closeAll };
}

/** The request goes on meanwhile, and also where the use can't be noted. */
export function noteUses({ tokenUses }: Catalog, log: Log): (tokenId: string, day: string) => void {
  return (tokenId, day) => {
    tokenUses?.note(tokenId, day).catch((error: unknown) => {
      log.warn({ err: error, tokenId }, 'the use of a token could not be noted');
    });
  };
}

async function openPending({
  storage,
  catalog,
}: Settings): Promise<Pick<Services, 'pending' | 'freeBytes'>> {
  const freshness = catalog.type === 'dynamodb' ? SHARED : EMBEDDED;
  if (storage.type !== 'local') return { pending: new PendingBytes({ freshness }) };
  const { DiskVolume } = await import('../storage/disk/disk-volume.ts');
  const volume = new DiskVolume(storage.localPath);
  return { pending: new PendingBytes({ freshness, volume }), freeBytes: () => volume.freeBytes() };
}

async function closeOnFailure<Result>(
  close: () => Promise<void>,
  open: () => Promise<Result>,
): Promise<Result> {
  try {
    return await open();
  } catch (error) {
    await close();
    throw error;
  }
}
