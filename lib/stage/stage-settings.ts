/**
 * The settings that may differ between two deployments of the service, with their meanings and
 * defaults. Knows no construct.
 */
/** `download`: stable links. `others`: every other route. */
export type ThrottledRoutes = 'download' | 'others';

/** The limits of one route: API Gateway counts each route separately. */
export interface Throttle {
  readonly ratePerSecond: number;
  readonly burst: number;
}

export const REPLICA_STORAGE_CLASSES = [
  'STANDARD',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
] as const;
export type ReplicaStorageClass = (typeof REPLICA_STORAGE_CLASSES)[number];

/** A stage as it is deployed: complete and valid. */
export interface StageSettings {
  /** The stack is called `Stowage-{name}`. */
  readonly name: string;
  /** @default the account of the credentials */
  readonly account?: string;
  /** @default the region of the profile or of AWS_REGION */
  readonly region?: string;

  /** Host of the API; needs `apiCertificateArn`. @default the one that API Gateway gives */
  readonly apiDomainName?: string;
  /** Certificate in the stack's region. */
  readonly apiCertificateArn?: string;
  /** Host of downloads; needs `cdnCertificateArn`. @default the one that CloudFront gives */
  readonly cdnDomainName?: string;
  /** Certificate in us-east-1, where CloudFront looks for it. */
  readonly cdnCertificateArn?: string;

  /** Where links point: to the distribution, or to the bucket itself. @default cdn */
  readonly downloads: 'cdn' | 's3';
  /** Which edges of CloudFront serve packages, from the cheapest to every one. @default 100 */
  readonly priceClass: '100' | '200' | 'all';
  /** Whether packages are handed out without a token. @default false */
  readonly publicDownloads: boolean;
  /** Origins that browsers may call from, or `*`. @default none */
  readonly corsOrigins: readonly string[];

  /** @default 300 */
  readonly linkTtlSeconds: number;
  /** @default 900, the most that the credentials of a function vouch for */
  readonly uploadTtlSeconds: number;
  /** How long an idle upload is kept. @default 604800 */
  readonly uploadRetentionSeconds: number;
  /** @default 50 x 10^9, the largest object that CloudFront caches */
  readonly maxPackageBytes: number;
  /**
   * Up to this size an upload goes in one request, which S3 proves by itself; parts are read back.
   * @default 100 MiB
   */
  readonly singleUploadBytes?: number;
  /**
   * The limit of pending bytes of all uploads together.
   * @default 20 times the largest package, 1,000 GiB at least
   */
  readonly maxPendingBytes?: number;
  /**
   * The limit of pending bytes of the uploads of one token.
   * @default 10 times the largest package, 500 GiB at least
   */
  readonly maxPendingBytesPerToken?: number;
  /** How long the events of the audit are kept. @default 400 */
  readonly auditRetentionDays: number;
  /** @default 100 requests a second and route (burst 200), 1,000 (2,000) for downloads */
  readonly throttles: Readonly<Record<ThrottledRoutes, Throttle>>;
  /**
   * Concurrent executions that are reserved for a function, which are also its maximum, by the
   * function's name. @default none: a new account has ten in all
   */
  readonly reservedConcurrency: Readonly<Record<string, number>>;
  /**
   * How many packages are read back at the same time.
   * @default 5: half of what a new account may run at once
   */
  readonly verificationConcurrency: number;

  /** Whether bucket, table, keyring and the CDN's logs outlive the stack. @default true */
  readonly retainState: boolean;
  /** Whether DynamoDB refuses to delete the table. @default false */
  readonly deletionProtection: boolean;
  /** After how many days an overwritten or deleted version of an object is removed for good. @default 30 */
  readonly oldVersionDays: number;
  /** A number of days that CloudWatch Logs knows. @default 30 */
  readonly logRetentionDays: number;
  /** @default info */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** Which functions X-Ray traces. @default not-downloads: each download would cost a trace */
  readonly tracing: 'all' | 'not-downloads' | 'none';
  /** Your own KMS key for the bucket, in the stack's region. @default keys of S3 */
  readonly bucketKeyArn?: string;
  /** Whether an event bus gets what is published, yanked, deleted and moved: docs/events.md. @default false */
  readonly events: boolean;
  /** Whether the distribution serves a page to work in: docs/console.md. @default true */
  readonly console: boolean;
  /** Region of a second bucket that every package is copied to. @default none */
  readonly replicaRegion?: string;

  /**
   * Storage class of the copies: all of these are read without waiting. @default STANDARD_IA, for
   * what is kept for more than a month and read while the first region fails
   */
  readonly replicaStorageClass?: ReplicaStorageClass;

  /** How long a new key of the CDN waits before it signs. @default 3600, the minimum */
  readonly cdnKeyOverlapSeconds: number;
  /** How old a key of the CDN may get. @default 90 */
  readonly cdnKeyRotationDays: number;
  /** Where people report a security problem: a mailto: or https: URI. @default there is no security.txt */
  readonly securityContact?: string;
  /** An https: URI; needs `securityContact`. @default none */
  readonly securityPolicy?: string;
  /** Such as `en, de`; needs `securityContact`. @default none */
  readonly securityLanguages?: string;

  /** The address that gets alarms. @default none: alarms show in CloudWatch only */
  readonly alarmEmail?: string;
}

/** A stage as people write it. */
export type StageInput = Partial<Omit<StageSettings, 'name' | 'throttles'>> & {
  readonly throttles?: Partial<Record<ThrottledRoutes, Throttle>>;
  /** On AWS downloads are always signed: false is refused. */
  readonly presignedUrls?: boolean;
};
