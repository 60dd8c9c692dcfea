/** How an event reaches a function that must not miss it: retries on both legs of the way, dead letters behind each. */
import { Duration } from 'aws-cdk-lib';
import type { IRuleTarget } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunctionConstruct } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { DeadLetters } from './dead-letters.ts';

export interface ReliablyOptions {
  /** For how long the function is tried where it can't run or fails; the sweep, or the next run, catches what is older. */
  readonly maxEventAge: Duration;
}

/**
 * EventBridge tries to hand the event over, then Lambda tries to run it: a fault of either ends among the dead letters. For a function
 * that is invoked by events alone; to be called once for each.
 */
export function reliably(
  fn: LambdaFunctionConstruct,
  deadLetters: DeadLetters,
  { maxEventAge }: ReliablyOptions,
): IRuleTarget {
  fn.configureAsyncInvoke({
    onFailure: new SqsDestination(deadLetters.queue),
    maxEventAge: Duration.seconds(
      Math.min(maxEventAge.toSeconds(), LAMBDA_MAX_EVENT_AGE.toSeconds()),
    ),
    retryAttempts: 2,
  });
  return new LambdaFunction(fn, {
    deadLetterQueue: deadLetters.queue,
    maxEventAge,
    retryAttempts: 10,
  });
}

const LAMBDA_MAX_EVENT_AGE = Duration.hours(6);
