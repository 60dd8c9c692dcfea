/** The bucket in a second region: S3 copies every package to it, and the CDN reads it on failover. */
import { Aws, PhysicalName, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { PackageBucket } from '../state/package-bucket.ts';

export interface StowageReplicaProps {
  /** After how many days an overwritten or deleted version of an object is removed for good. @default 30 */
  readonly oldVersionDays?: number;
  /** @default RETAIN_ON_UPDATE_OR_DELETE: it outlives the stack */
  readonly removalPolicy?: RemovalPolicy;
}

/** For a stack in a second region of the same account; give it to a Stowage as `replica`. */
export class StowageReplica extends Construct {
  readonly bucket: Bucket;
  readonly bucketName: string;
  readonly region: string;

  constructor(scope: Construct, id: string, props: StowageReplicaProps = {}) {
    super(scope, id);
    const packages = new PackageBucket(this, 'Packages', {
      // A stack can only refer to a bucket in another region by a name that is known before either
      // stack is deployed.
      bucketName: PhysicalName.GENERATE_IF_NEEDED,
      // Nothing would listen, and each event is billed.
      sendsEvents: false,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      ...(props.oldVersionDays === undefined ? {} : { oldVersionDays: props.oldVersionDays }),
    });
    this.bucket = packages.bucket as Bucket;
    this.bucketName = this.bucket.bucketName;
    this.region = Stack.of(this).region;
    this.#letDistributionsRead();
  }

  /** All distributions of this account: the one that reads this bucket is created after it. */
  #letDistributionsRead(): void {
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
        actions: ['s3:GetObject'],
        resources: [this.bucket.arnForObjects('packages/*')],
        // No other condition key: this is the one that CloudFront is documented to send, and a key
        // that is not sent never matches.
        conditions: {
          ArnLike: {
            'aws:SourceArn': `arn:${Aws.PARTITION}:cloudfront::${Aws.ACCOUNT_ID}:distribution/*`,
          },
        },
      }),
    );
  }
}
