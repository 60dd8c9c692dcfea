/**
 * Reads back packages whose bytes the store has not proven: a queue of packages, and the function
 * that hashes them, one piece per invocation.
 */
import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../../open/settings/env.ts';
import { ServiceFunction } from '../functions/service-function.ts';
import type { StageSettings } from '../stage/stage-settings.ts';
import { DeadLetters } from './dead-letters.ts';

/** The maximum of Lambda; the next invocation goes on with the rest of a large file. */
const TIMEOUT = Duration.minutes(15);
/** How often the verification of a package is tried. */
const TRIES = 5;

export interface VerificationProps {
  readonly stage: StageSettings;
}

export class Verification extends Construct {
  readonly queue: Queue;
  readonly deadLetters: DeadLetters;
  readonly verify: ServiceFunction;

  constructor(scope: Construct, id: string, { stage }: VerificationProps) {
    super(scope, id);
    this.deadLetters = new DeadLetters(this, 'DeadLetters');
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      // A little longer than one invocation: a message is not tried again while an invocation works
      // on it, but soon after that invocation was killed.
      visibilityTimeout: TIMEOUT.plus(Duration.minutes(1)),
      deadLetterQueue: { queue: this.deadLetters.queue, maxReceiveCount: TRIES },
    });
    this.verify = new ServiceFunction(this, 'Verify', {
      stage,
      entry: 'verify',
      description:
        'Joins the parts of uploads, reads back what the store can not prove, publishes or rejects; runs checks of large files',
      // Half a core. A function receives some 70 MB a second, and hashing them takes a third of one.
      memoryMegabytes: 1024,
      timeout: TIMEOUT,
      sendsItself: true,
    });
    this.verify.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: 1,
        // Messages above the function's concurrency would be refused, return after the visibility
        // timeout, and end as dead letters after a few tries.
        maxConcurrency: Math.min(
          stage.verificationConcurrency,
          stage.reservedConcurrency['verify'] ?? stage.verificationConcurrency,
        ),
        reportBatchItemFailures: true,
      }),
    );
    // It sends the rest of its work to itself.
    this.grantEnqueue(this.verify);
  }

  /** Lets `fn` have a package verified. */
  grantEnqueue(fn: LambdaFunction): void {
    fn.addEnvironment(ENV.verificationQueueUrl, this.queue.queueUrl);
    this.queue.grant(fn, 'sqs:SendMessage');
  }
}
