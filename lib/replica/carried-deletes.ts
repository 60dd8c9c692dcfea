/**
 * Repeats deletes in the replica. Packages are deleted by removing a version, and S3 replicates
 * delete markers but not the removal of a version.
 */
import { Aws, Duration, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../../open/settings/env.ts';
import { Validations } from '../findings/validations.ts';
import { ServiceFunction } from '../functions/service-function.ts';
import type { StageSettings } from '../stage/stage-settings.ts';
import type { PackageBucket } from '../state/package-bucket.ts';
import { DeadLetters } from '../upkeep/dead-letters.ts';
import { reliably } from '../upkeep/reliably.ts';

export interface CarriedDeletesProps {
  readonly stage: StageSettings;
  readonly bucket: PackageBucket;
  readonly replica: { readonly bucketName: string; readonly region: string };
}

/** The longest delay that SQS offers. */
const LATER = Duration.minutes(15);
const TIMEOUT = Duration.minutes(1);

export class CarriedDeletes extends Construct {
  readonly carry: ServiceFunction;
  readonly deadLetters: DeadLetters;

  constructor(scope: Construct, id: string, { stage, bucket, replica }: CarriedDeletesProps) {
    super(scope, id);
    this.deadLetters = new DeadLetters(this, 'DeadLetters');
    this.carry = new ServiceFunction(this, 'Carry', {
      stage,
      entry: 'carry-deletes',
      description:
        'Removes from the replica the versions of objects that were removed from the bucket',
      timeout: TIMEOUT,
    });
    this.carry.addEnvironment(ENV.replicaBucket, replica.bucketName);
    this.carry.addEnvironment(ENV.replicaRegion, replica.region);
    this.carry.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:DeleteObjectVersion'],
        resources: [`arn:${Aws.PARTITION}:s3:::${replica.bucketName}/packages/*`],
        // The name can be foretold: if the replica was deleted, anybody could take it.
        conditions: { StringEquals: { 'aws:ResourceAccount': Stack.of(this).account } },
      }),
    );
    Validations.of(this.carry.role ?? this.carry).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::${Stack.of(this).resolve(replica.bucketName)}/packages/*]`,
      reason:
        'Every package is a separate object under this prefix; which one was deleted is known only at run time.',
    });
    const later = this.#laterQueue();
    this.carry.addEventSource(new SqsEventSource(later, { batchSize: 1 }));
    new Rule(this, 'Deletes', {
      description: 'A version of an object was removed from the bucket of packages',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Deleted'],
        detail: {
          bucket: { name: [bucket.bucket.bucketName] },
          object: { key: [{ prefix: 'packages/' }] },
          'deletion-type': ['Permanently Deleted'],
        },
      },
      // At once, and again later for a copy that was still in transit when the original was removed.
      targets: [
        reliably(this.carry, this.deadLetters, { maxEventAge: Duration.hours(24) }),
        new SqsQueue(later, { deadLetterQueue: this.deadLetters.queue }),
      ],
    });
  }

  #laterQueue(): Queue {
    return new Queue(this, 'Later', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      deliveryDelay: LATER,
      retentionPeriod: Duration.days(14),
      visibilityTimeout: TIMEOUT.plus(TIMEOUT),
      deadLetterQueue: { queue: this.deadLetters.queue, maxReceiveCount: 5 },
    });
  }
}
