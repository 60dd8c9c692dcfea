/**
 * What is known of a deployed stack: the facts that checks judge. Knows neither how they are asked
 * for nor what they should be.
 */
import type { KeyringDescription } from '../../../core/cdn-keys/describe-keys.ts';
import { type Judgement, notChecked } from './report.ts';

/** Something of AWS that was asked for; `unknown` says why there is no answer. */
export type Fact<Value> = { readonly value: Value } | { readonly unknown: string };

export function known<Value>(value: Value): Fact<Value> {
  return { value };
}

/** Judges a fact; one that is unknown could not be checked. */
export function on<Value>(fact: Fact<Value>, judge: (value: Value) => Judgement): Judgement {
  return 'unknown' in fact ? notChecked(fact.unknown) : judge(fact.value);
}

export interface StackResource {
  readonly type: string;
  readonly logicalId: string;
  readonly physicalId: string;
}

export interface StackState {
  readonly name: string;
  readonly id: string;
  readonly status: string;
  readonly statusReason?: string;
  /** Of the last drift detection: `NOT_CHECKED` where there was none. */
  readonly drift: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** What the template says that the stack is; undefined where it makes no such resource. */
export interface Wanted {
  readonly bucket: WantedBucket | undefined;
  readonly deletionProtection: boolean | undefined;
  /** By the name of the log group; undefined is forever. */
  readonly logRetentionDays: Readonly<Record<string, number | undefined>>;
  /** ARNs, by the domain name. */
  readonly apiCertificates: Readonly<Record<string, string>>;
}

export interface WantedBucket {
  readonly cors: readonly CorsRule[];
  readonly lifecycle: readonly LifecycleRule[];
  readonly encryption: Encryption;
  /** Undefined where the stack sets no policy; `isWhole` is false if a part could not be resolved. */
  readonly policy: { readonly statements: readonly Statement[]; readonly isWhole: boolean };
  readonly replicates: boolean;
}

export interface CorsRule {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly exposed: readonly string[];
}

export interface LifecycleRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly abortUploadsDays?: number;
  readonly oldVersionDays?: number;
  /** Removes or moves current objects, which are packages. */
  readonly touchesCurrent?: string;
}

/** As S3 names algorithms. */
export interface Encryption {
  readonly algorithm: string;
  readonly bucketKey: boolean;
}

/** A statement of a policy, as JSON gives it. */
export type Statement = Readonly<Record<string, unknown>>;

/** The four ways in which S3 blocks access by the public. */
export const PUBLIC_ACCESS_BLOCKS = [
  'BlockPublicAcls',
  'BlockPublicPolicy',
  'IgnorePublicAcls',
  'RestrictPublicBuckets',
] as const;

export interface BucketFacts {
  /** Undefined where there is no policy. */
  readonly policy: Fact<readonly Statement[] | undefined>;
  /** The blocks that are on, of the four. */
  readonly publicAccessBlocks: Fact<readonly string[]>;
  /** `Enabled`, `Suspended` or `never enabled`. */
  readonly versioning: Fact<string>;
  readonly lifecycle: Fact<readonly LifecycleRule[]>;
  readonly cors: Fact<readonly CorsRule[]>;
  readonly encryption: Fact<Encryption | undefined>;
  readonly replication: Fact<readonly ReplicationRule[]>;
}

export interface ReplicationRule {
  readonly enabled: boolean;
  readonly destination: string;
  /** Versioning of the destination, as above. */
  readonly destinationVersioning: Fact<string>;
}

export interface TableFacts {
  /** What is wrong with keys and indexes; none if they are those of the catalog. */
  readonly faults: Fact<readonly string[]>;
  readonly deletionProtection: Fact<boolean>;
  /** `ENABLED` or `DISABLED`. */
  readonly pointInTimeRecovery: Fact<string>;
  /** The attribute, where the expiry of items is enabled. */
  readonly expiryAttribute: Fact<string | undefined>;
}

export interface CdnFacts {
  readonly enabled: Fact<boolean>;
  readonly trustedKeyGroups: Fact<readonly string[]>;
  readonly keyGroupId: string;
  /** Of the key group. */
  readonly groupKeyIds: Fact<readonly string[]>;
  readonly keyring: Fact<KeyringDescription>;
  readonly publicKeys: Fact<number>;
  readonly keyGroups: Fact<number>;
  /** Undefined where the account's list of quotas does not have it. */
  readonly quotas: Fact<{
    readonly publicKeys: number | undefined;
    readonly keyGroups: number | undefined;
  }>;
}

export interface Certificate {
  readonly domain: string;
  readonly arn: string;
  readonly status: string;
  readonly expiresAt: Date | undefined;
  /** `INELIGIBLE`: ACM does not renew it. */
  readonly renewal: string;
}

export interface Alarm {
  readonly name: string;
  readonly state: string;
  readonly since: Date;
  readonly actionsEnabled: boolean;
  readonly actions: readonly string[];
}

export interface Alarms {
  readonly found: readonly Alarm[];
  /** Names of those that the stack made, and that CloudWatch does not have. */
  readonly gone: readonly string[];
}

export interface Topic {
  readonly arn: string;
  readonly confirmed: number;
  readonly pending: number;
}

export interface DeadLetters {
  readonly queue: string;
  readonly messages: number;
}

export interface FunctionFacts {
  readonly name: string;
  readonly runtime: string;
}

export interface Concurrency {
  readonly limit: number;
  readonly unreserved: number;
}

export interface LogGroup {
  readonly name: string;
  /** Undefined is forever. */
  readonly retentionDays: number | undefined;
}

/** A name that people gave, and where it must lead. */
export interface CustomDomain {
  readonly name: string;
  readonly target: string;
  readonly leadsTo: DomainLookup;
}

/** `offline`: nothing can be looked up from here. `unclear` says why. */
export type DomainLookup =
  | { readonly kind: 'target' | 'nothing' | 'offline' }
  | { readonly kind: 'elsewhere' | 'unclear'; readonly to: string };

export interface StackFacts {
  readonly now: Date;
  readonly stack: StackState;
  readonly wanted: Fact<Wanted>;
  readonly bucket: BucketFacts;
  readonly table: TableFacts;
  /** Undefined where links point to the bucket itself. */
  readonly cdn: CdnFacts | undefined;
  readonly certificates: Fact<readonly Certificate[]>;
  readonly domains: readonly CustomDomain[];
  readonly alarms: Fact<Alarms>;
  readonly topics: Fact<readonly Topic[]>;
  readonly deadLetters: Fact<readonly DeadLetters[]>;
  readonly functions: Fact<readonly FunctionFacts[]>;
  readonly concurrency: Fact<Concurrency>;
  readonly logGroups: Fact<readonly LogGroup[]>;
}
