/** The settings of a server, read from its environment. */
import { join } from 'node:path';
import { parseToken } from '../../core/access/access.ts';
import {
  AUDIT_RETENTION_DAYS,
  type CatalogConfig,
  type DynamoCatalogConfig,
  type Limits,
  type Settings,
  type StorageConfig,
} from '../../core/settings.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import { readDynamoSettings } from './dynamo-settings.ts';
import { ENV } from './env.ts';
import { asRegion, REGION_RULE, readS3Settings } from './s3-settings.ts';
import { readSecurityContact } from './security-settings.ts';
import {
  asPlainUrl,
  type Environment,
  PLAIN_URL,
  readAll,
  type SettingsReader,
} from './settings-reader.ts';
import { defaultFolder } from './storage-folder.ts';

const WEEK_SECONDS = 604_800;
const YEAR_SECONDS = 31_536_000;
/** Ten years. */
const MOST_AUDIT_DAYS = 3650;
const GIB = 1024 ** 3;
/** CloudFront caches objects up to this size. */
const DEFAULT_MAX_PACKAGE_BYTES = 50 * GIB;
const MOST_PACKAGE_BYTES = 5 * 1024 * GIB;
/** Of S3, in one PUT. */
const MOST_SINGLE_BYTES = 5 * GIB;
/**
 * The default limits of pending bytes, counted in packages of the allowed size. If that is smaller
 * than its default, the default counts, because small packages come by the thousand.
 */
const PENDING_PACKAGES = 20;
const PENDING_PACKAGES_PER_TOKEN = 10;
const MIN_KEY_CHARACTERS = 32;
const MOST_PROXIES = 10;
const HOST = /^[A-Za-z0-9._:%-]{1,255}$/;

/** @throws INVALID_INPUT with one line per wrong setting, as `readAll` writes it */
export function readSettings(env: Environment): Settings {
  return readAll(env, readServer);
}

/** The settings of the table, for a command that creates it. @throws INVALID_INPUT as `readAll` */
export function readTableSettings(env: Environment): DynamoCatalogConfig {
  return readAll(env, (reader) => {
    const bucketRegion = reader.has(ENV.s3Endpoint)
      ? undefined
      : reader.text(ENV.s3Region, asRegion, REGION_RULE);
    return readDynamoSettings(reader, bucketRegion);
  });
}

function readServer(reader: SettingsReader): Settings {
  const { urlSigningKey, adminToken } = readSecrets(reader);
  const publicUrl = reader.text(ENV.publicUrl, asPlainUrl, PLAIN_URL);
  const securityContact = readSecurityContact(reader);
  const { storage, fallback } = readStorages(reader);
  const catalog = readCatalog(reader, storage);
  if (catalog.type === 'dynamodb' && !reader.has(ENV.urlSigningKey)) {
    const allowed = `at least ${MIN_KEY_CHARACTERS} characters, the same for all servers of the table`;
    reader.fault(ENV.urlSigningKey, 'nothing', allowed);
  }
  return {
    storage,
    ...withoutUndefined({ fallback }),
    catalog,
    ...readLimits(reader),
    ...(reader.has(ENV.uploadRetentionSeconds) && { uploadRetentionIsSet: true }),
    scrubDays: reader.wholeNumber(ENV.scrubDays, 30, 0, 365),
    ...withoutUndefined({
      sigstoreTrustedRoot: reader.text(ENV.sigstoreTrustedRoot, asPath, 'a file'),
    }),
    publicDownloads: reader.flag(ENV.publicDownloads, false),
    trustPrivateIssuers: reader.flag(ENV.trustPrivateIssuers, false),
    ...withoutUndefined({ publicUrl }),
    corsOrigins:
      reader.text(
        ENV.corsOrigins,
        asOrigins,
        'origins such as https://example.com, separated by commas, or *',
      ) ?? [],
    console: reader.flag(ENV.console, true),
    ...withoutUndefined({ urlSigningKey, adminToken, securityContact }),
    host: readHost(reader, ENV.host),
    ...readMetrics(reader),
    port: reader.wholeNumber(ENV.port, 8787, 0, 65_535),
    maxConnections: reader.wholeNumber(ENV.maxConnections, 4096, 16, 1_000_000),
    trustedProxies:
      reader.text(
        ENV.trustProxy,
        asProxies,
        `false, true (one), or a whole number from 0 to ${MOST_PROXIES}`,
      ) ?? 0,
  };
}

function readHost(reader: SettingsReader, name: string): string {
  const asHost = (text: string) => (HOST.test(text) ? text : undefined);
  return reader.text(name, asHost, 'a host name or an address') ?? '127.0.0.1';
}

function readMetrics(reader: SettingsReader): Pick<Settings, 'metrics'> {
  const host = readHost(reader, ENV.metricsHost);
  if (!reader.has(ENV.metricsPort)) return {};
  return { metrics: { host, port: reader.wholeNumber(ENV.metricsPort, 0, 0, 65_535) } };
}

const STORAGE_TYPES = ['local', 's3'] as const;

/** A service has at most one folder and one bucket, so a fallback needs no settings of its own. */
function readStorages(reader: SettingsReader): Pick<Settings, 'storage' | 'fallback'> {
  const type = reader.choice(ENV.storageType, STORAGE_TYPES);
  const other = STORAGE_TYPES.find((one) => one !== type);
  const isOther = (text: string) => STORAGE_TYPES.find((one) => one === text && one === other);
  const fallback = reader.text(
    ENV.storageFallback,
    isOther,
    `${other} (${ENV.storageType} is ${type})`,
  );
  const anyway = {
    localPath: reader.text(ENV.storageLocalPath, asPath, 'a folder') ?? defaultFolder(),
    presignedUrls: reader.flag(ENV.presignedUrls, true),
  };
  const read = (one: StorageConfig['type']): StorageConfig =>
    one === 's3' ? { type: one, ...anyway, ...readS3Settings(reader) } : { type: one, ...anyway };
  return {
    storage: read(type),
    ...withoutUndefined({ fallback: fallback && read(fallback) }),
  };
}

function readCatalog(reader: SettingsReader, storage: StorageConfig): CatalogConfig {
  const type = reader.choice(ENV.catalogType, ['sqlite', 'dynamodb']);
  if (type === 'dynamodb') return readDynamoSettings(reader, awsRegionOf(storage));
  const path =
    reader.text(ENV.catalogPath, asPath, 'a file') ??
    join(storage.localPath, '.stowage', 'catalog.db');
  if (!reader.has(ENV.catalogBackupsKept)) return { type, path };
  return { type, path, backupsKept: reader.wholeNumber(ENV.catalogBackupsKept, 7, 0, 1000) };
}

/** DynamoDB does not know the regions of stores other than AWS. */
function awsRegionOf(storage: StorageConfig): string | undefined {
  return storage.type === 's3' && storage.s3Endpoint === undefined ? storage.s3Region : undefined;
}

export function readLimits(reader: SettingsReader): Limits {
  const uploadTtlSeconds = reader.wholeNumber(ENV.uploadTtlSeconds, 900, 1, WEEK_SECONDS);
  const uploadRetentionSeconds = reader.wholeNumber(
    ENV.uploadRetentionSeconds,
    WEEK_SECONDS,
    1,
    YEAR_SECONDS,
  );
  if (uploadRetentionSeconds < uploadTtlSeconds) {
    reader.fault(
      ENV.uploadRetentionSeconds,
      String(uploadRetentionSeconds),
      `at least ${ENV.uploadTtlSeconds} (${uploadTtlSeconds})`,
    );
  }
  const linkTtlSeconds = reader.wholeNumber(ENV.linkTtlSeconds, 300, 1, WEEK_SECONDS);
  const maxPackageBytes = reader.wholeNumber(
    ENV.maxPackageBytes,
    DEFAULT_MAX_PACKAGE_BYTES,
    1,
    MOST_PACKAGE_BYTES,
  );
  const singleUploadBytes = reader.has(ENV.singleUploadBytes)
    ? reader.wholeNumber(ENV.singleUploadBytes, MOST_SINGLE_BYTES, 1, MOST_SINGLE_BYTES)
    : undefined;
  const pendingBytes = (name: string, packages: number) => {
    const byDefault = packages * Math.max(maxPackageBytes, DEFAULT_MAX_PACKAGE_BYTES);
    return reader.wholeNumber(name, byDefault, 1, Number.MAX_SAFE_INTEGER);
  };
  return {
    linkTtlSeconds,
    uploadTtlSeconds,
    uploadRetentionSeconds,
    maxPackageBytes,
    ...withoutUndefined({ singleUploadBytes }),
    maxPendingBytes: pendingBytes(ENV.maxPendingBytes, PENDING_PACKAGES),
    maxPendingBytesPerToken: pendingBytes(ENV.maxPendingBytesPerToken, PENDING_PACKAGES_PER_TOKEN),
    auditRetentionDays: reader.wholeNumber(
      ENV.auditRetentionDays,
      AUDIT_RETENTION_DAYS,
      1,
      MOST_AUDIT_DAYS,
    ),
  };
}

function readSecrets(reader: SettingsReader): Pick<Settings, 'urlSigningKey' | 'adminToken'> {
  const urlSigningKey = reader.secret(
    ENV.urlSigningKey,
    (text) => text.length >= MIN_KEY_CHARACTERS,
    `at least ${MIN_KEY_CHARACTERS} characters`,
  );
  const adminToken = reader.secret(
    ENV.adminToken,
    (text) => parseToken(text) !== undefined,
    'stw_<tokenId>_<secret>: a tokenId of 8 to 32 of a-z and 0-9, a secret of 43 base64url characters',
  );
  return withoutUndefined({ urlSigningKey, adminToken });
}

/** The number of trusted proxies. */
function asProxies(text: string): number | undefined {
  if (text === 'false') return 0;
  if (text === 'true') return 1;
  return /^\d{1,2}$/.test(text) && Number(text) <= MOST_PROXIES ? Number(text) : undefined;
}

function asPath(text: string): string | undefined {
  return text.includes('\0') ? undefined : text;
}

function asOrigins(text: string): readonly string[] | undefined {
  const origins = text.split(',').map((origin) => origin.trim());
  if (origins.length === 1 && origins[0] === '*') return origins;
  return origins.every((origin) => URL.parse(origin)?.origin === origin && /^https?:/.test(origin))
    ? origins
    : undefined;
}
