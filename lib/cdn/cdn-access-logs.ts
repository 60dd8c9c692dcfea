/**
 * Access logs of the distribution (standard logging v2): a bucket, and the delivery that writes
 * chosen fields into it.
 */
import { Aws, Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDelivery, CfnDeliveryDestination, CfnDeliverySource } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { Validations } from '../findings/validations.ts';
import { LOG_DELIVERY_REGION, LOG_FIELDS, LOG_PATH, type LogDelivery } from './log-delivery.ts';
import { RemoteLogDelivery } from './remote-log-delivery.ts';

export interface CdnAccessLogsProps {
  readonly distribution: IDistribution;
  /** How long a log is kept; it holds IP addresses of people. @default 30 */
  readonly retentionDays?: number;
  /** @default RETAIN */
  readonly removalPolicy?: RemovalPolicy;
}

export class CdnAccessLogs extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: CdnAccessLogsProps) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.bucket = new Bucket(this, 'Bucket', {
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      lifecycleRules: [{ id: 'expire-logs', expiration: Duration.days(props.retentionDays ?? 30) }],
      removalPolicy,
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions::AwsSolutions-S1',
      reason:
        'This bucket holds only access logs, which the log service writes: a log of this bucket would log itself.',
    });
    this.#letLogsIn();
    const delivery = {
      // A name must be unique in its account and region, so two stacks can not share one.
      name: Names.uniqueResourceName(this, { maxLength: 60, separator: '-' }),
      resourceArn: `arn:${Aws.PARTITION}:cloudfront::${Aws.ACCOUNT_ID}:distribution/${props.distribution.distributionId}`,
      bucketArn: this.bucket.bucketArn,
      fields: LOG_FIELDS,
    };
    if (Stack.of(this).region === LOG_DELIVERY_REGION) {
      this.#deliver(delivery);
    } else {
      const remote = new RemoteLogDelivery(this, 'Remote', {
        ...delivery,
        region: LOG_DELIVERY_REGION,
      });
      remote.node.addDependency(this.bucket);
    }
  }

  #letLogsIn(): void {
    const allow = (actions: string[], resource: string, conditions: Record<string, string> = {}) =>
      this.bucket.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
          actions,
          resources: [resource],
          conditions: {
            StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, ...conditions },
            ArnLike: {
              'aws:SourceArn': `arn:${Aws.PARTITION}:logs:${LOG_DELIVERY_REGION}:${Aws.ACCOUNT_ID}:delivery-source:*`,
            },
          },
        }),
      );
    allow(['s3:PutObject'], this.bucket.arnForObjects('*'), {
      's3:x-amz-acl': 'bucket-owner-full-control',
    });
    allow(['s3:GetBucketAcl'], this.bucket.bucketArn);
  }

  #deliver({ name, resourceArn, bucketArn, fields }: LogDelivery): void {
    const source = new CfnDeliverySource(this, 'Source', {
      name,
      logType: 'ACCESS_LOGS',
      resourceArn,
    });
    const destination = new CfnDeliveryDestination(this, 'Destination', {
      name,
      destinationResourceArn: bucketArn,
      outputFormat: 'json',
    });
    const delivery = new CfnDelivery(this, 'Delivery', {
      deliverySourceName: source.name,
      deliveryDestinationArn: destination.attrArn,
      recordFields: [...fields],
      s3SuffixPath: LOG_PATH,
    });
    // CloudFormation sees neither order: the source is referred to by its name only, and AWS reads
    // the bucket's policy before it accepts a delivery.
    delivery.node.addDependency(source);
    delivery.node.addDependency(this.bucket);
  }
}
