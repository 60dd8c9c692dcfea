/** The bucket in a second region that every package is copied to: what the CDN reads while the first region fails. */
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
      // Two regions can only tell each other a name that is known before either is deployed.
      bucketName: PhysicalName.GENERATE_IF_NEEDED,
      oldVersionDays: stage.oldVersionDays,
      removalPolicy: statePolicy(stage),
    });
    this.#letDistributionsRead();
  }

  /** Those of this account: which one it will be is known only after this bucket, by which it falls back. */
  #letDistributionsRead(): void {
    const { bucket } = this.bucket;
    bucket.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
        actions: ['s3:GetObject'],
        resources: [bucket.arnForObjects('packages/*')],
        // No other key: CloudFront is documented to send this one, and what is not sent is never equal.
        conditions: {
          ArnLike: {
            'aws:SourceArn': `arn:${Aws.PARTITION}:cloudfront::${Aws.ACCOUNT_ID}:distribution/*`,
          },
        },
      }),
    );
  }
}
