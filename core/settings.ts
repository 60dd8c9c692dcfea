/** The settings of a service as types; lambda/env.ts makes them of text. Names are those of the environment, in camel case. */

/** Where bytes are kept. The names are given by the storage configuration (docs/configuration.md). */
export interface StorageConfig {
  readonly type: 'local';
  /** Folder that holds `packages/` and `.stowage/`. */
  readonly localPath: string;
  /** False: the service sends downloads itself, instead of redirecting to a signed URL. */
  readonly presignedUrls: boolean;
}

export interface CatalogConfig {
  readonly type: 'sqlite';
  readonly path: string;
}

/** What bounds an upload and a link. */
export interface Limits {
  /** Life of a download link. */
  readonly linkTtlSeconds: number;
  /** Life of an upload request. */
  readonly uploadTtlSeconds: number;
  /** How long an upload that nobody touches is kept. */
  readonly uploadRetentionSeconds: number;
  readonly maxPackageBytes: number;
}

export interface Settings extends Limits {
  readonly storage: StorageConfig;
  readonly catalog: CatalogConfig;
  readonly publicDownloads: boolean;
  /** Without a slash at its end; never taken from a Host header. Undefined: `http://HOST:PORT` of the running server. */
  readonly publicUrl?: string;
  /** Origins that browsers may call from; `*` for any. Empty: none. */
  readonly corsOrigins: readonly string[];
  /** Key of disk-signed URLs; undefined: the one made at first start. */
  readonly urlSigningKey?: string;
  /** The first admin token; undefined: the one made at first start. */
  readonly adminToken?: string;
  readonly host: string;
  /** 0 = any. */
  readonly port: number;
}
