/** The bucket in a second region: S3 copies every package to it, and the CDN reads it on failover. */
import { Aws, PhysicalName, Stack, type StackProps } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { StageSettings } from '../stage/stage-settings.ts';
import { statePolicy } from '../stage/state-policy.ts';
import { PackageBucket } from '../state/package-bucket.ts';

export interface ReplicaStackProps extends StackProps {
  readonly stage: StageSettings;
}

export class ReplicaStack extends Stack {
  readonly bucket: PackageBucket;

  constructor(scope: Construct, id: string, props: ReplicaStackProps) {
    const { stage } = props;
    super(scope, id, {
      description: `Stowage, stage ${stage.name}: copies of release files in a second region`,
      terminationProtection: stage.deletionProtection,
      ...props,
    });
    this.bucket = new PackageBucket(this, 'Packages', {
      // A stack can only refer to a bucket in another region by a name that is known before either
      // stack is deployed.
      bucketName: PhysicalName.GENERATE_IF_NEEDED,
      oldVersionDays: stage.oldVersionDays,
      // Nothing would listen, and each event is billed.
      sendsEvents: false,
      removalPolicy: statePolicy(stage),
    });
    this.#letDistributionsRead();
  }

  /** All distributions of this account: the one that reads this bucket is created after it. */
  #letDistributionsRead(): void {
    const { bucket } = this.bucket;
    bucket.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
        actions: ['s3:GetObject'],
        resources: [bucket.arnForObjects('packages/*')],
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
