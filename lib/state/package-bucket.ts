/**
 * The bucket of package files: private, never overwritten, with no reads of yanked files. Every
 * right of a function to it is one of its grants.
 */

import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import {
  Effect,
  type IGrantable,
  type IRole,
  PolicyStatement,
  type Role,
} from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type IBucket,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { CANARY_KEY, CONSOLE_FOLDER } from '../../core/layout.ts';
import { ENV } from '../../open/settings/env.ts';
import { Validations } from '../findings/validations.ts';
import type { ReplicaStorageClass } from '../stage/stage-settings.ts';
import { browserRule } from './browser-rule.ts';
import { refuseOverwriting, refuseYanked } from './bucket-refusals.ts';
import { type AnyBucket, nameInFindings, takeBucket } from './given-bucket.ts';

export interface PackageBucketProps {
  /** A bucket that is there; of the other properties only the key concerns it. @default one is made */
  readonly bucket?: AnyBucket;
  /** Needed where a stack in another region refers to the bucket. @default made by CloudFormation */
  readonly bucketName?: string;
  /** Origins that browsers may upload from and download to, or `*`. @default none */
  readonly corsOrigins?: readonly string[];
  /** @default keys of S3 (SSE-S3) */
  readonly encryptionKey?: IKey;
  /** After how many days a version that is no longer the current one is removed for good. @default 30 */
  readonly oldVersionDays?: number;
  /** After how many days S3 aborts an unfinished multipart upload; the sweep is earlier. @default 8 */
  readonly staleUploadDays?: number;
  /** Bucket in a second region that every package is copied to. @default none */
  readonly replica?: IBucket;
  /** Storage class of what is copied there. @default STANDARD_IA */
  readonly replicaStorageClass?: ReplicaStorageClass;
  /** Whether EventBridge gets an event for each object. @default true */
  readonly sendsEvents?: boolean;
  /** @default RETAIN */
  readonly removalPolicy?: RemovalPolicy;
}

/** The name of the rule that copies to the replica. */
const COPIES = 'copy-to-replica';
/** The keys of packages (docs/architecture.md). Grants cover them alone, except for the canary and the console. */
const PACKAGES = 'packages/*';
/** The keys of the console's files. */
const CONSOLE = `${CONSOLE_FOLDER}/*`;
const RECALL = [
  's3:GetObjectTagging',
  's3:GetObjectVersionTagging',
  's3:PutObjectTagging',
  's3:PutObjectVersionTagging',
  's3:DeleteObjectTagging',
  's3:DeleteObjectVersionTagging',
];
const READ = ['s3:GetObject', 's3:GetObjectVersion'];
const GIVE_UP = ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'];
const WRITE = ['s3:PutObject', ...GIVE_UP];
/** A writer of parts needs both. https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions */
const KEY_TO_READ = ['kms:Decrypt'];
const KEY_TO_WRITE = ['kms:GenerateDataKey', 'kms:Decrypt'];

export class PackageBucket extends Construct {
  readonly bucket: AnyBucket;
  /** Undefined where S3 encrypts with its own keys. */
  readonly encryptionKey: IKey | undefined;
  /** Roles that may read yanked files, because they delete them; grants add to them. */
  readonly #removers: IRole[] = [];
  readonly #replica: IBucket | undefined;

  constructor(scope: Construct, id: string, props: PackageBucketProps = {}) {
    super(scope, id);
    const {
      encryptionKey,
      replica,
      corsOrigins = [],
      oldVersionDays = 30,
      staleUploadDays = 8,
    } = props;
    this.encryptionKey = encryptionKey;
    this.#replica = replica;
    if (props.bucket !== undefined) {
      this.bucket = props.bucket;
      this.encryptionKey = encryptionKey ?? props.bucket.encryptionKey;
      takeBucket(this, props.bucket);
      this.#refuse();
      return;
    }
    this.bucket = new Bucket(this, 'Bucket', {
      ...(props.bucketName === undefined ? {} : { bucketName: props.bucketName }),
      versioned: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      ...(encryptionKey === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }),
      ...(corsOrigins.length === 0 ? {} : { cors: [browserRule(corsOrigins)] }),
      ...(replica === undefined
        ? {}
        : {
            replicationRules: [
              {
                id: COPIES,
                destination: replica,
                deleteMarkerReplication: true,
                storageClass: new StorageClass(props.replicaStorageClass ?? 'STANDARD_IA'),
              },
            ],
          }),
      lifecycleRules: [
        {
          id: 'abort-stale-uploads',
          abortIncompleteMultipartUploadAfter: Duration.days(staleUploadDays),
        },
        {
          id: 'expire-old-versions',
          noncurrentVersionExpiration: Duration.days(oldVersionDays),
          expiredObjectDeleteMarker: true,
        },
      ],
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    });
    this.#acknowledge(replica);
    if (props.sendsEvents ?? true) this.#sendEvents();
    if (replica !== undefined) this.#boundCopies();
    this.#refuse();
  }

  #refuse(): void {
    refuseOverwriting(this.bucket, PACKAGES);
    refuseYanked(this.bucket, PACKAGES, this.#removers);
  }

  /** Lets `fn` sign uploads and parts, join parts (S3 asks for the same right) and abort. */
  grantSignUploads(fn: LambdaFunction): void {
    this.#grant(fn, WRITE, KEY_TO_WRITE);
  }

  /** Lets `fn` sign downloads. */
  grantSignDownloads(fn: LambdaFunction): void {
    this.#grant(fn, ['s3:GetObject'], KEY_TO_READ);
  }

  /** Lets `grantee` read and list files, without the service; yanked ones stay refused. */
  grantRead(grantee: IGrantable): void {
    const allow = (actions: readonly string[], arn: string) =>
      grantee.grantPrincipal.addToPrincipalPolicy(
        new PolicyStatement({ actions: [...actions], resources: [arn] }),
      );
    allow(['s3:GetObject'], this.#packages());
    allow(['s3:ListBucket'], this.bucket.bucketArn);
    if (this.encryptionKey !== undefined) allow(KEY_TO_READ, this.encryptionKey.keyArn);
  }

  /** Lets `fn` prove uploads: look at stored files and read them back. */
  grantProve(fn: LambdaFunction): void {
    this.#grant(fn, READ, KEY_TO_READ);
    // Without it S3 answers 403 instead of 404 for an absent file.
    this.#grantOnBucket(fn, 's3:ListBucket');
  }

  /** Lets `fn` look at files and remove them: rejected ones and leftovers. */
  grantDiscard(fn: LambdaFunction): void {
    this.grantProve(fn);
    this.#grant(fn, ['s3:DeleteObject', 's3:DeleteObjectVersion']);
  }

  /** Lets `fn` give uploads up: remove what they stored, and abort those in parts. */
  grantGiveUp(fn: LambdaFunction): void {
    this.grantDiscard(fn);
    this.#grant(fn, GIVE_UP);
  }

  /** Like `grantDiscard`, but for yanked files too, which other roles can not even read. */
  grantRemove(fn: LambdaFunction): void {
    this.grantDiscard(fn);
    if (fn.role !== undefined) this.#removers.push(fn.role);
  }

  /** Lets `fn` set and remove the yank tag; the bucket's policy refuses reads of a tagged file. */
  grantRecall(fn: LambdaFunction): void {
    this.#grant(fn, RECALL);
  }

  /** Lets `fn` store the canary, the object on which a new key of the CDN is tried. */
  grantPlaceCanary(fn: LambdaFunction): void {
    this.#grantPut(fn, CANARY_KEY);
  }

  /** Lets `fn` store the files of the console. */
  grantPlaceConsole(fn: LambdaFunction): void {
    this.#grantPut(fn, CONSOLE);
    Validations.of(fn.role ?? fn).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${nameInFindings(this.bucket)}/${CONSOLE}]`,
      reason: 'The names of the files hold hashes of their content, so each release has others.',
    });
  }

  /** Lets `fn` find unfinished multipart uploads, list their parts and abort them. */
  grantAbandonUploads(fn: LambdaFunction): void {
    this.#grantOnBucket(fn, 's3:ListBucketMultipartUploads');
    this.#grant(fn, GIVE_UP);
  }

  /** Copies to the replica that S3 gave up. Undefined without a replica. */
  metricFailedReplication(options: MetricOptions): Metric | undefined {
    if (this.#replica === undefined) return undefined;
    return new Metric({
      namespace: 'AWS/S3',
      metricName: 'OperationsFailedReplication',
      dimensionsMap: {
        SourceBucket: this.bucket.bucketName,
        DestinationBucket: this.#replica.bucketName,
        RuleId: COPIES,
      },
      ...options,
    });
  }

  #grant(fn: LambdaFunction, actions: readonly string[], keyActions: readonly string[] = []): void {
    this.#passNames(fn);
    fn.addToRolePolicy(
      new PolicyStatement({ actions: [...actions], resources: [this.#packages()] }),
    );
    Validations.of(fn.role ?? fn).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${nameInFindings(this.bucket)}/${PACKAGES}]`,
      reason:
        'Every package is a separate object under this prefix, and which one is requested is known only at run time.',
    });
    if (this.encryptionKey === undefined || keyActions.length === 0) return;
    fn.addToRolePolicy(
      new PolicyStatement({ actions: [...keyActions], resources: [this.encryptionKey.keyArn] }),
    );
  }

  /** For what is no package. */
  #grantPut(fn: LambdaFunction, keys: string): void {
    this.#passNames(fn);
    const allow = (actions: readonly string[], arn: string) =>
      fn.addToRolePolicy(new PolicyStatement({ actions: [...actions], resources: [arn] }));
    allow(['s3:PutObject'], this.bucket.arnForObjects(keys));
    if (this.encryptionKey !== undefined) allow(KEY_TO_WRITE, this.encryptionKey.keyArn);
  }

  #grantOnBucket(fn: LambdaFunction, action: string): void {
    this.#passNames(fn);
    fn.addToRolePolicy(
      new PolicyStatement({ actions: [action], resources: [this.bucket.bucketArn] }),
    );
  }

  #passNames(fn: LambdaFunction): void {
    fn.addEnvironment(ENV.storageType, 's3');
    fn.addEnvironment(ENV.s3Bucket, this.bucket.bucketName);
    fn.addEnvironment(ENV.s3Region, Stack.of(this).region);
  }

  #packages(): string {
    return this.bucket.arnForObjects(PACKAGES);
  }

  #acknowledge(replica: IBucket | undefined): void {
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions::AwsSolutions-S1',
      reason:
        'Access logs of S3 hold whole URLs, and so the signatures of uploads and downloads. The logs of the API and of the CDN say who got what.',
    });
    if (replica === undefined) return;
    for (const bucket of [
      nameInFindings(this.bucket),
      `arn:aws:s3:::${Stack.of(this).resolve(replica.bucketName)}`,
    ]) {
      Validations.of(this.bucket).acknowledge({
        id: `AwsSolutions::AwsSolutions-IAM5[Resource::${bucket}/*]`,
        reason: 'S3 itself uses this role, to copy every object of one bucket to the other.',
      });
    }
  }

  /**
   * S3 copies to a bucket of this account only: the name of the replica can be foretold, and if it
   * was deleted, anybody could take it. S3 counts what it fails to copy where the rule asks for it.
   */
  #boundCopies(): void {
    const { account } = Stack.of(this);
    const destination = 'ReplicationConfiguration.Rules.0.Destination';
    const bucket = this.bucket.node.defaultChild as CfnBucket;
    bucket.addPropertyOverride(`${destination}.Account`, account);
    bucket.addPropertyOverride(`${destination}.Metrics`, { Status: 'Enabled' });
    const role = this.bucket.node.findChild('ReplicationRole') as Role;
    role.addToPolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        actions: ['s3:*'],
        resources: ['*'],
        conditions: { StringNotEquals: { 'aws:ResourceAccount': account } },
      }),
    );
  }

  /** CloudFormation can set this itself; `eventBridgeEnabled` of the construct adds a function. */
  #sendEvents(): void {
    (this.bucket.node.defaultChild as CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
  }
}
