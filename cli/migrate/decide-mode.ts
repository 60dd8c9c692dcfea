/**
 * Decides whether a migration turns the records of a service or only copies files, and refuses one
 * that would leave records without files.
 */
import { existsSync } from 'node:fs';
import { ServiceError } from '../../core/errors.ts';
import type { CatalogConfig, Settings } from '../../core/settings.ts';
import { catalogIn, placeOf, type StorePlace } from '../../local/migrate/store-place.ts';

export interface Wish {
  readonly from: StorePlace;
  readonly to: StorePlace;
  /** Whether to enter the copied files into the catalog of the settings. */
  readonly enters: boolean;
  /** Whether to copy only the files, even if a catalog has records of them. */
  readonly withoutCatalog: boolean;
}

/** `records`: packages with their records. `tree`: files, entered into `catalog` if that is set. */
export interface MigrationMode {
  readonly kind: 'records' | 'tree';
  readonly catalog?: CatalogConfig;
}

/**
 * @param settings the settings of the server on this machine, or the defaults
 * @throws INVALID_INPUT that says what to do instead
 */
export function decideMode(wish: Wish, settings: Settings): MigrationMode {
  const { from, to, enters, withoutCatalog } = wish;
  const { catalog, storage, fallback } = settings;
  const configured = [storage, ...(fallback === undefined ? [] : [fallback])].map(placeOf);
  const isConfigured = (store: StorePlace) => configured.some(({ place }) => place === store.place);
  const hasRecords = catalog.type === 'dynamodb' || existsSync(catalog.path);
  const holdsRecords = (store: StorePlace) =>
    (hasRecords && isConfigured(store)) ||
    (store.type === 'local' && existsSync(catalogIn(store.place)));
  requireSource(from);
  if (enters) {
    if (!isConfigured(to)) throw refusal(foreignTarget(to, configured));
    if (from.place !== to.place && holdsRecords(from) && !withoutCatalog)
      throw refusal(hasOwn(from, settings, to));
    return { kind: 'tree', catalog };
  }
  if (from.place === to.place)
    throw refusal(
      `--from and --to are the same store; with --import its files get records without a copy`,
    );
  if (withoutCatalog) return { kind: 'tree' };
  if (hasRecords && isConfigured(from) && isConfigured(to)) return { kind: 'records', catalog };
  const owner = [from, to].find(holdsRecords);
  if (owner !== undefined) throw refusal(hasOwn(owner, settings, to, from));
  return { kind: 'tree' };
}

function requireSource(from: StorePlace): void {
  if (from.type !== 'local' || existsSync(`${from.place}/packages`)) return;
  const isInside = from.place.endsWith('/packages');
  const advice = isInside ? `; name the folder above it` : '';
  throw refusal(`--from ${from.place} holds no folder packages${advice}`);
}

function foreignTarget(to: StorePlace, configured: readonly StorePlace[]): string {
  const places = configured.map(({ place }) => place).join(' and ');
  return `--import enters files into the catalog of the service, whose storage is ${places}; --to is ${to.place}. Set STORAGE_TYPE and what belongs to it as the server has them`;
}

function hasOwn(
  owner: StorePlace,
  settings: Settings,
  to: StorePlace,
  from: StorePlace = owner,
): string {
  const said = `${owner.place} has a catalog, whose records would go on naming it`;
  const alone = 'or copy the files alone with --without-catalog';
  if (from.type === to.type) {
    return `${said}: a service has one folder and one bucket, so between two of a kind its packages can't be moved while it runs; ${alone}`;
  }
  const wanted = [...settingsOf(to, 'STORAGE_TYPE'), ...settingsOf(from, 'STORAGE_FALLBACK')];
  const catalog =
    settings.catalog.type === 'sqlite' ? ' (and CATALOG_PATH, where it has that)' : '';
  return `${said}. Let the service read from both stores, restart it, and run this with the same settings${catalog}:\n${wanted.join('\n')}\n${alone}`;
}

function settingsOf(
  store: StorePlace,
  role: 'STORAGE_TYPE' | 'STORAGE_FALLBACK',
): readonly string[] {
  if (store.type === 'local') return [`${role}=local`, `STORAGE_LOCAL_PATH=${store.place}`];
  const { s3Bucket, s3Prefix, s3Endpoint, s3Region } = store.s3;
  return [
    `${role}=s3`,
    `S3_BUCKET=${s3Bucket}`,
    ...(s3Prefix === undefined ? [] : [`S3_PREFIX=${s3Prefix}`]),
    ...(s3Endpoint === undefined ? [] : [`S3_ENDPOINT=${s3Endpoint}`]),
    `S3_REGION=${s3Region}`,
  ];
}

function refusal(message: string): ServiceError {
  return new ServiceError('INVALID_INPUT', message);
}
