/** The bucket that keeps package files: private, never overwritten, closed to what was yanked. Every way into it is one of its grants. */

import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { CANARY_KEY } from '../../core/layout.ts';
import { ENV } from '../../open/settings/env.ts';
import { browserRule } from './browser-rule.ts';
import { refuseOverwriting, refuseYanked } from './bucket-refusals.ts';

export interface PackageBucketProps {
  /** Needed where a stack in another region must know it. @default CloudFormation makes one */
  readonly bucketName?: string;
  /** Origins that browsers may upload from and download to, or `*`. @default none */
  readonly corsOrigins?: readonly string[];
  /** @default keys of S3 (SSE-S3) */
  readonly encryptionKey?: IKey;
  /** After how many days a version that is no longer the current one is removed for good. @default 30 */
  readonly oldVersionDays?: number;
  /** After how many days a multipart upload that nobody finished is aborted; the sweep comes first. @default 8 */
  readonly staleUploadDays?: number;
  /** Bucket in a second region that every package is copied to. @default none */
  readonly replica?: IBucket;
  /** @default RETAIN */
  readonly removalPolicy?: RemovalPolicy;
}

/** Where packages lie (docs/architecture.md): nobody is granted anything outside of it. */
const PACKAGES = 'packages/*';
/** Beside the packages, as storage/cdn/cdn-canary.ts has it. */

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
/** S3 asks a writer of parts for both. https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions */
const KEY_TO_READ = ['kms:Decrypt'];
const KEY_TO_WRITE = ['kms:GenerateDataKey', 'kms:Decrypt'];

export class PackageBucket extends Construct {
  readonly bucket: Bucket;
  /** Undefined: keys of S3. */
  readonly encryptionKey: IKey | undefined;
  /** Roles that may read what was yanked, because they remove it; grants add to them. */
  readonly #removers: IRole[] = [];

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
        : { replicationRules: [{ destination: replica, deleteMarkerReplication: true }] }),
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
    this.#sendEvents();
    refuseOverwriting(this.bucket, PACKAGES);
    refuseYanked(this.bucket, PACKAGES, this.#removers);
  }

  /** Lets `fn` sign uploads and parts, join parts (to S3 the same permission) and abort. */
  grantSignUploads(fn: LambdaFunction): void {
    this.#grant(fn, WRITE, KEY_TO_WRITE);
  }

  /** Lets `fn` sign downloads. */
  grantSignDownloads(fn: LambdaFunction): void {
    this.#grant(fn, ['s3:GetObject'], KEY_TO_READ);
  }

  /** Lets `fn` look at what was stored and read it back: the proof of an upload. */
  grantProve(fn: LambdaFunction): void {
    this.#grant(fn, READ, KEY_TO_READ);
    // Without it S3 answers 403 where nothing is stored, which a service must not take for an answer.
    this.#grantOnBucket(fn, 's3:ListBucket');
  }

  /** Lets `fn` look at objects and remove versions of them: what was rejected or left behind. */
  grantDiscard(fn: LambdaFunction): void {
    this.grantProve(fn);
    this.#grant(fn, ['s3:DeleteObject', 's3:DeleteObjectVersion']);
  }

  /** Like `grantDiscard`, and also what was yanked: the others may not even look at that. */
  grantRemove(fn: LambdaFunction): void {
    this.grantDiscard(fn);
    if (fn.role !== undefined) this.#removers.push(fn.role);
  }

  /** Lets `fn` put the yank tag on an object and take it off: the policy of the bucket refuses to read what bears it. */
  grantRecall(fn: LambdaFunction): void {
    this.#grant(fn, RECALL);
  }

  /** Lets `fn` put the object there that a new key of the CDN is tried on. */
  grantPlaceCanary(fn: LambdaFunction): void {
    this.#tell(fn);
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects(CANARY_KEY)],
      }),
    );
    if (this.encryptionKey === undefined) return;
    fn.addToRolePolicy(
      new PolicyStatement({ actions: KEY_TO_WRITE, resources: [this.encryptionKey.keyArn] }),
    );
  }

  /** Lets `fn` find uploads in parts that nobody finished, look at what of them came, and give them up. */
  grantAbandonUploads(fn: LambdaFunction): void {
    this.#grantOnBucket(fn, 's3:ListBucketMultipartUploads');
    this.#grant(fn, GIVE_UP);
  }

  #grant(fn: LambdaFunction, actions: readonly string[], keyActions: readonly string[] = []): void {
    this.#tell(fn);
    fn.addToRolePolicy(
      new PolicyStatement({ actions: [...actions], resources: [this.#packages()] }),
    );
    Validations.of(fn.role ?? fn).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${this.#logicalId()}.Arn>/${PACKAGES}]`,
      reason:
        'Every package is an object of its own below this prefix, and which one is asked for is known only at run time.',
    });
    if (this.encryptionKey === undefined || keyActions.length === 0) return;
    fn.addToRolePolicy(
      new PolicyStatement({ actions: [...keyActions], resources: [this.encryptionKey.keyArn] }),
    );
  }

  #grantOnBucket(fn: LambdaFunction, action: string): void {
    this.#tell(fn);
    fn.addToRolePolicy(
      new PolicyStatement({ actions: [action], resources: [this.bucket.bucketArn] }),
    );
  }

  #tell(fn: LambdaFunction): void {
    fn.addEnvironment(ENV.storageType, 's3');
    fn.addEnvironment(ENV.s3Bucket, this.bucket.bucketName);
    fn.addEnvironment(ENV.s3Region, Stack.of(this).region);
  }

  #packages(): string {
    return this.bucket.arnForObjects(PACKAGES);
  }

  #logicalId(): string {
    return Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnBucket);
  }

  #acknowledge(replica: IBucket | undefined): void {
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions::AwsSolutions-S1',
      reason:
        'Access logs of S3 hold the whole URL, and so the signatures of all who upload and download; who got what stands in the log of the API and of the CDN.',
    });
    if (replica === undefined) return;
    for (const bucket of [
      `<${this.#logicalId()}.Arn>`,
      `arn:aws:s3:::${Stack.of(this).resolve(replica.bucketName)}`,
    ]) {
      Validations.of(this.bucket).acknowledge({
        id: `AwsSolutions::AwsSolutions-IAM5[Resource::${bucket}/*]`,
        reason: 'S3 itself bears this role, to copy every object of one bucket into the other.',
      });
    }
  }

  /** `eventBridgeEnabled` of the L2 construct would add a function of its own that sets this; CloudFormation knows it by itself. */
  #sendEvents(): void {
    (this.bucket.node.defaultChild as CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
  }
}
