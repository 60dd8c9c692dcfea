/**
 * The settings of a service as types; open/settings/env.ts reads them from text. Names are those of
 * the environment variables, in camel case.
 */

/**
 * Where bytes are stored. The names come from the storage configuration (docs/configuration.md).
 */
export type StorageConfig = LocalStorageConfig | S3StorageConfig;

interface LocalStorageConfig extends AnyStorageConfig {
  readonly type: 'local';
}

/** S3, or another store that speaks its protocol. */
export interface S3StorageConfig extends AnyStorageConfig {
  readonly type: 's3';
  readonly s3Bucket: string;
  readonly s3Region: string;
  /** Both keys or none: without them, the SDK looks for credentials itself. */
  readonly s3AccessKey?: string;
  readonly s3SecretKey?: string;
  readonly s3SessionToken?: string;
  /** @default the regional endpoint of AWS */
  readonly s3Endpoint?: string;
  /**
   * The endpoint that URLs are signed for, if clients reach the store by another name. @default
   * `s3Endpoint`
   */
  readonly s3PublicEndpoint?: string;
  readonly s3Addressing: 'auto' | 'path' | 'virtual';
  readonly s3Integrity: 'checksum' | 'payload';
  /** Without slashes at its ends. */
  readonly s3Prefix?: string;
}

interface AnyStorageConfig {
  /** Folder that holds `.stowage/`, the files of this machine, and for `local` also `packages/`. */
  readonly localPath: string;
  /** False: the service sends downloads itself, instead of redirecting to a signed URL. */
  readonly presignedUrls: boolean;
}

/** Where records are stored. */
export type CatalogConfig = SqliteCatalogConfig | DynamoCatalogConfig;

/** For one server. */
export interface SqliteCatalogConfig {
  readonly type: 'sqlite';
  readonly path: string;
  /** Daily backups that are kept; 0: none are made. @default 7 */
  readonly backupsKept?: number;
}

/** Several servers may share it. */
export interface DynamoCatalogConfig {
  readonly type: 'dynamodb';
  readonly tableName: string;
  readonly region: string;
  /** For servers that are not AWS. @default the region's endpoint */
  readonly endpoint?: string;
}

/** More than a year, so that the same month of the last year is there. */
export const AUDIT_RETENTION_DAYS = 400;

/** The limits of uploads and links. */
export interface Limits {
  /** Life of a download link. */
  readonly linkTtlSeconds: number;
  /** Life of an upload request. */
  readonly uploadTtlSeconds: number;
  /** How long an idle upload is kept. */
  readonly uploadRetentionSeconds: number;
  readonly maxPackageBytes: number;
  /** Up to this size an upload goes in one request, unless the publisher says. @default 100 MiB */
  readonly singleUploadBytes?: number;
  /** The pending bytes of all uploads together. */
  readonly maxPendingBytes: number;
  /** The same for the uploads that one token announced. */
  readonly maxPendingBytesPerToken: number;
  /** How long the events of the audit are kept. @default 400 */
  readonly auditRetentionDays?: number;
}

/** Where people report a security problem of the service; each is one line of text. */
export interface SecurityContact {
  /** A mailto: or https: URI. */
  readonly contact: string;
  /** An https: URI. */
  readonly policy?: string;
  /** Separated by commas. */
  readonly languages?: string;
}

/** Where the figures of a server are read. */
export interface MetricsConfig {
  readonly host: string;
  /** 0 = any. */
  readonly port: number;
}

export interface Settings extends Limits {
  /**
   * `uploadRetentionSeconds` was set, and is not the default: it is used even if the store is known
   * to keep uploads for less time.
   */
  readonly uploadRetentionIsSet?: boolean;
  readonly storage: StorageConfig;
  /**
   * The fallback store, of the other type than `storage`: packages may still be there, and uploads
   * that began there end there.
   */
  readonly fallback?: StorageConfig;
  readonly catalog: CatalogConfig;
  /** How often all stored bytes are read again, in days; 0: never. */
  readonly scrubDays: number;
  /** The file of a trusted root of Sigstore. @default that of this release */
  readonly sigstoreTrustedRoot?: string;
  readonly publicDownloads: boolean;
  /** Whether issuers of trusted publishing may be in private networks. */
  readonly trustPrivateIssuers: boolean;
  /**
   * Without a slash at its end; never taken from a Host header. Undefined: `http://HOST:PORT` of
   * the running server.
   */
  readonly publicUrl?: string;
  /** Origins that browsers may call from; `*` for any. Empty: none. */
  readonly corsOrigins: readonly string[];
  /** Whether the server has the console, under `/console/`. */
  readonly console: boolean;
  /**
   * Key of disk-signed URLs and of cursors; servers that share a catalog must have the same.
   * Undefined: the one made at first start.
   */
  readonly urlSigningKey?: string;
  /** The first admin token; undefined: the one made at first start. */
  readonly adminToken?: string;
  /** Undefined: the service has no security.txt. */
  readonly securityContact?: SecurityContact;
  readonly host: string;
  /** 0 = any. */
  readonly port: number;
  /** Connections at the same time. */
  readonly maxConnections: number;
  /** How many proxies in front of the server are trusted to name the address of their client. */
  readonly trustedProxies: number;
  /** Undefined: the server counts nothing. */
  readonly metrics?: MetricsConfig;
}
