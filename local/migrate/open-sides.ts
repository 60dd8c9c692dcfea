/** Opens what a migration works with: both stores, the catalog and the journal, beside a server that may be running. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import envPaths from 'env-paths';
import { v7 as uuidv7 } from 'uuid';
import type { Side } from '../../core/migrate/copy/side.ts';
import type { BlobStore } from '../../core/ports/blob-store.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import type { Journal } from '../../core/ports/journal.ts';
import type { CatalogConfig } from '../../core/settings.ts';
import { s3Settings } from '../../open/s3-driver-settings.ts';
import { OWN_FOLDER } from '../start/first-start.ts';
import type { StorePlace } from './store-place.ts';

const clock = () => new Date();

export interface OpenSideOptions {
  /** Nothing is to be made or changed there. */
  readonly readOnly?: boolean | undefined;
  /** For what is stored in a bucket. @default the bucket's own */
  readonly storageClass?: string | undefined;
}

/** @throws ServiceError that names what is at fault */
export async function openSide(where: StorePlace, options: OpenSideOptions = {}): Promise<Side> {
  return { place: where.place, store: await openStore(where, options) };
}

async function openStore(where: StorePlace, { readOnly, storageClass }: OpenSideOptions): Promise<BlobStore> {
  if (where.type === 's3') {
    const { S3Store } = await import('../../storage/s3/s3-store.ts');
    const { probeBucket } = await import('../../storage/s3/bucket/probe-bucket.ts');
    const settings = s3Settings(where.s3);
    await probeBucket(settings, clock);
    return new S3Store({
      ...settings,
      ...(storageClass === undefined ? {} : { storageClass }),
      clock,
      newId: uuidv7,
    });
  }
  const { DiskStore } = await import('../../storage/disk/disk-store.ts');
  const { UrlSigner } = await import('../../storage/url-signer.ts');
  // Nothing is signed here, so that any key and any address will do.
  const signer = new UrlSigner({ secret: randomBytes(32), publicUrl: 'http://localhost', clock });
  const isReadOnly = readOnly === true;
  return DiskStore.open({ root: where.place, signer, clock, newId: uuidv7, recover: false, readOnly: isReadOnly });
}

/** @throws ServiceError */
export async function openCatalog(config: CatalogConfig): Promise<Catalog> {
  if (config.type === 'sqlite') {
    const { SqliteCatalog } = await import('../../storage/sqlite/sqlite-catalog.ts');
    return SqliteCatalog.open({ path: config.path, mayUpgrade: false });
  }
  const { tableName, region, endpoint } = config;
  const { DynamoCatalog } = await import('../../storage/dynamo/dynamo-catalog.ts');
  const { dynamoClient } = await import('../../storage/dynamo/dynamo-client.ts');
  const { checkTable } = await import('../../storage/dynamo/check-table.ts');
  const client = dynamoClient({ region, ...(endpoint === undefined ? {} : { endpoint }) });
  await checkTable(client, tableName);
  return new DynamoCatalog({ client, tableName });
}

export interface JournalOptions {
  /** @default one for these two stores, in whatever direction, in `.stowage` of `localPath` where there is one, else at the platform's place for such files */
  readonly path?: string | undefined;
  readonly localPath: string;
  readonly places: readonly string[];
  readonly onSetAside: (path: string, reason: string) => void;
}

/** @throws CONFLICT where the same migration is running */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const path = options.path ?? defaultPath(options);
  await mkdir(dirname(path), { recursive: true });
  const { SqliteJournal } = await import('../../storage/sqlite/sqlite-journal.ts');
  return SqliteJournal.open({ path, onSetAside: options.onSetAside });
}

function defaultPath({ localPath, places }: JournalOptions): string {
  const pair = createHash('sha256')
    .update(JSON.stringify([...places].sort()))
    .digest('hex');
  const own = join(localPath, OWN_FOLDER);
  const { log: state, data } = envPaths('stowage', { suffix: '' });
  // env-paths calls `log` what is the state folder on Linux, and nowhere else.
  const folder = existsSync(own) ? own : process.platform === 'linux' ? state : data;
  return join(folder, 'migrations', `${pair.slice(0, 16)}.db`);
}
