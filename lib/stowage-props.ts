/** What an app can set when it makes a Stowage. */
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IHostedZone } from 'aws-cdk-lib/aws-route53';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { StageInput, StageSettings } from './stage/stage-settings.ts';
import type { AnyBucket } from './state/given-bucket.ts';
import type { AnyTable } from './state/given-table.ts';

/** Settings of a stage that the stack decides, or that are constructs here. */
export const OF_STAGES_ONLY = [
  'name',
  'account',
  'region',
  'apiDomainName',
  'apiCertificateArn',
  'cdnDomainName',
  'cdnCertificateArn',
  'bucketKeyArn',
  'replicaRegion',
] as const;

/** A host of your own. */
export interface OwnDomain {
  /** Such as `packages.example.com`. */
  readonly name: string;
  /** @default made in `hostedZone`, which one of the two needs */
  readonly certificate?: ICertificate;
  /** Where the records for the name are made. @default none: a CNAME must point to the output `ApiDomainTarget` or `CdnDomainTarget` */
  readonly hostedZone?: IHostedZone;
}

/** A bucket in a second region; a `StowageReplica` is one. */
export interface ReplicaPlace {
  readonly bucketName: string;
  readonly region: string;
}

/** The settings of a stage (docs/stages.md), and what only an app can give. */
export interface StowageProps
  extends Partial<Omit<StageSettings, (typeof OF_STAGES_ONLY)[number] | 'throttles'>> {
  /** @default 100 requests a second and route (burst 200), 1,000 (2,000) for downloads */
  readonly throttles?: NonNullable<StageInput['throttles']>;

  /** Host of the API. Its certificate is in the stack's region. @default the one that API Gateway gives */
  readonly apiDomain?: OwnDomain;
  /** Host of downloads. Its certificate is in us-east-1. @default the one that CloudFront gives */
  readonly cdnDomain?: OwnDomain;

  /** Where every package is copied to. @default nowhere */
  readonly replica?: ReplicaPlace;
  /** Gets the alarms; CloudWatch must be allowed to publish to it. @default one is made */
  readonly alarmTopic?: ITopic;

  /** A bucket of your own, or the one that a destroyed stack left behind: docs/construct.md says what it must have. @default one is made */
  readonly bucket?: AnyBucket;
  /** A table of your own, or the one that a destroyed stack left behind: docs/construct.md says what it must have. @default one is made */
  readonly table?: AnyTable;
  /** Encrypts the bucket, in the stack's region. @default keys of S3 */
  readonly encryptionKey?: IKey;
}
