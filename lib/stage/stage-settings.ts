/** What may differ between two deployments of the service: names, meanings and defaults; knows no construct. */
import type { Privilege } from '../../api/routes.ts';

/** Of each single route: API Gateway counts a route at a time. */
export interface Throttle {
  readonly ratePerSecond: number;
  readonly burst: number;
}

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

  /** What links point to: the distribution, or the bucket itself. @default cdn */
  readonly downloads: 'cdn' | 's3';
  /** Whether packages are handed out without a token. @default false */
  readonly publicDownloads: boolean;
  /** Origins that browsers may call from, or `*`. @default none */
  readonly corsOrigins: readonly string[];

  /** @default 300 */
  readonly linkTtlSeconds: number;
  /** @default 900, the most that the credentials of a function vouch for */
  readonly uploadTtlSeconds: number;
  /** How long an upload that nobody touches is kept. @default 604800 */
  readonly uploadRetentionSeconds: number;
  /** @default 50 GiB, what CloudFront caches of one object */
  readonly maxPackageBytes: number;
  /**
   * What all uploads together may hold that are announced and not published yet.
   * @default 20 times the largest package, 1,000 GiB at least
   */
  readonly maxPendingBytes?: number;
  /**
   * The same for the uploads that one token announced.
   * @default 10 times the largest package, 500 GiB at least
   */
  readonly maxPendingBytesPerToken?: number;
  /** @default 100 requests a second and route (burst 200), 1,000 (2,000) for downloads, 10 (20) for administration */
  readonly throttles: Readonly<Record<Privilege, Throttle>>;
  /** Concurrent executions kept for a function and its ceiling, by the function's name. @default none: a new account has ten in all */
  readonly reservedConcurrency: Readonly<Record<string, number>>;

  /** Whether bucket, table and the CDN's logs outlive the stack; its keys go with it. @default true */
  readonly retainState: boolean;
  /** Whether DynamoDB refuses to delete the table. @default false */
  readonly deletionProtection: boolean;
  /** After how many days an overwritten or deleted version of an object is removed for good. @default 30 */
  readonly oldVersionDays: number;
  /** A number of days that CloudWatch Logs knows. @default 30 */
  readonly logRetentionDays: number;
  /** @default info */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** KMS key of yours for the bucket, in the stack's region. @default keys of S3 */
  readonly bucketKeyArn?: string;
  /** Region of a second bucket that every package is copied to. @default none */
  readonly replicaRegion?: string;

  /** How long a new key of the CDN waits before it signs. @default 3600, which is also the least */
  readonly cdnKeyOverlapSeconds: number;
  /** How old a key of the CDN may get. @default 90 */
  readonly cdnKeyRotationDays: number;
  /** Where people report a security problem: a mailto: or https: URI. @default there is no security.txt */
  readonly securityContact?: string;
  /** An https: URI; needs `securityContact`. @default none */
  readonly securityPolicy?: string;
  /** Such as `en, de`; needs `securityContact`. @default none */
  readonly securityLanguages?: string;

  /** Who is told of alarms. @default nobody: alarms stand in CloudWatch alone */
  readonly alarmEmail?: string;
}

/** A stage as people write it. */
export type StageInput = Partial<Omit<StageSettings, 'name' | 'throttles'>> & {
  readonly throttles?: Partial<Record<Privilege, Throttle>>;
  /** On AWS downloads are always signed: false is refused. */
  readonly presignedUrls?: boolean;
};
