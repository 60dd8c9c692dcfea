/** The names of all settings that the service and its functions read from the environment. */
import { AWS_ENV } from './aws-settings.ts';
import { DYNAMO_ENV } from './dynamo-settings.ts';
import { S3_ENV } from './s3-settings.ts';
import { SECURITY_ENV } from './security-settings.ts';

/** Settings of a store or a catalog that is not chosen have no effect. */
export const ENV = {
  storageType: 'STORAGE_TYPE',
  storageFallback: 'STORAGE_FALLBACK',
  storageLocalPath: 'STORAGE_LOCAL_PATH',
  presignedUrls: 'PRESIGNED_URLS',
  catalogType: 'CATALOG_TYPE',
  catalogPath: 'CATALOG_PATH',
  catalogBackupsKept: 'CATALOG_BACKUPS_KEPT',
  linkTtlSeconds: 'LINK_TTL_SECONDS',
  uploadTtlSeconds: 'UPLOAD_TTL_SECONDS',
  uploadRetentionSeconds: 'UPLOAD_RETENTION_SECONDS',
  maxPackageBytes: 'MAX_PACKAGE_BYTES',
  singleUploadBytes: 'SINGLE_UPLOAD_BYTES',
  maxPendingBytes: 'MAX_PENDING_BYTES',
  maxPendingBytesPerToken: 'MAX_PENDING_BYTES_PER_TOKEN',
  auditRetentionDays: 'AUDIT_RETENTION_DAYS',
  scrubDays: 'SCRUB_DAYS',
  sigstoreTrustedRoot: 'SIGSTORE_TRUSTED_ROOT',
  publicDownloads: 'PUBLIC_DOWNLOADS',
  trustPrivateIssuers: 'TRUST_PRIVATE_ISSUERS',
  publicUrl: 'PUBLIC_URL',
  corsOrigins: 'CORS_ORIGINS',
  console: 'CONSOLE',
  urlSigningKey: 'URL_SIGNING_KEY',
  adminToken: 'ADMIN_TOKEN',
  host: 'HOST',
  port: 'PORT',
  maxConnections: 'MAX_CONNECTIONS',
  trustProxy: 'TRUST_PROXY',
  metricsPort: 'METRICS_PORT',
  metricsHost: 'METRICS_HOST',
  ...S3_ENV,
  ...DYNAMO_ENV,
  ...AWS_ENV,
  ...SECURITY_ENV,
} as const;
