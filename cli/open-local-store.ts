/** Opens the store and the catalog of this machine beside a server that may be running: to read and to mend records, never to make or to clear up. */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { BlobStore } from '../core/ports/blob-store.ts';
import type { Catalog } from '../core/ports/catalog.ts';
import { readSettings } from '../local/read-settings.ts';
import { DiskStore } from '../storage/disk/disk-store.ts';
import { SqliteCatalog } from '../storage/sqlite/sqlite-catalog.ts';
import { UrlSigner } from '../storage/url-signer.ts';
import { failure } from './fault.ts';

export interface LocalStore {
  readonly store: BlobStore;
  readonly catalog: Catalog;
  close(): Promise<void>;
}

/** @throws Fault where nothing was ever stored there, ServiceError */
export async function openLocalStore(env: Readonly<Record<string, string | undefined>>): Promise<LocalStore> {
  const settings = readSettings(env);
  const { path } = settings.catalog;
  if (!existsSync(path)) {
    throw failure('NOT_FOUND', `there is no catalog at ${path}`, {
      hint: 'set STORAGE_LOCAL_PATH (and CATALOG_PATH) as the server has them, or run this in its folder',
    });
  }
  const clock = () => new Date();
  // Nothing is signed here, so that any key will do.
  const signer = new UrlSigner({ secret: randomBytes(32), publicUrl: 'http://localhost', clock });
  const root = settings.storage.localPath;
  const store = await DiskStore.open({ root, signer, clock, newId: randomUUID, recover: false });
  try {
    const catalog = SqliteCatalog.open({ path });
    const close = async () => {
      await store.close();
      await catalog.close();
    };
    return { store, catalog, close };
  } catch (error) {
    await store.close();
    throw error;
  }
}
