/** Reads back what no store has proven: a queue of packages, and the function that hashes them, a piece an invocation. */
import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../../open/settings/env.ts';
import { ServiceFunction } from '../functions/service-function.ts';
import type { StageSettings } from '../stage/stage-settings.ts';
import { DeadLetters } from './dead-letters.ts';

/** The most that Lambda gives; what is left of a large file then goes on in the next invocation. */
const TIMEOUT = Duration.minutes(15);
/** How many packages are read at once. */
const AT_ONCE = 10;
/** An event source takes no less. */
const LEAST_AT_ONCE = 2;
/** How often a package is tried whose verification fails. */
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
      // As long as one invocation and a little: a message that a killed invocation held is tried again soon, and never while it is at work.
      visibilityTimeout: TIMEOUT.plus(Duration.minutes(1)),
      deadLetterQueue: { queue: this.deadLetters.queue, maxReceiveCount: TRIES },
    });
    this.verify = new ServiceFunction(this, 'Verify', {
      stage,
      entry: 'verify',
      description:
        'Joins the parts of uploads, reads back what the store can not prove, publishes or rejects',
      // One whole core: it hashes.
      memoryMegabytes: 1769,
      timeout: TIMEOUT,
      sendsItself: true,
    });
    this.verify.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: 1,
        // More than may run would be refused, come again after the visibility timeout, and be dead letters after a few times.
        maxConcurrency: Math.max(
          LEAST_AT_ONCE,
          Math.min(AT_ONCE, stage.reservedConcurrency['verify'] ?? AT_ONCE),
        ),
        reportBatchItemFailures: true,
      }),
    );
    // It sends itself what remains.
    this.grantEnqueue(this.verify);
  }

  /** Lets `fn` have a package verified. */
  grantEnqueue(fn: LambdaFunction): void {
    fn.addEnvironment(ENV.verificationQueueUrl, this.queue.queueUrl);
    this.queue.grant(fn, 'sqs:SendMessage');
  }
}
