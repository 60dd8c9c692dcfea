/** Delivers an event to a function that must not miss it, with retries and dead letters. */
import { Duration } from 'aws-cdk-lib';
import type { IRuleTarget } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunctionConstruct } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { DeadLetters } from './dead-letters.ts';

export interface ReliablyOptions {
  /** How long delivery and run are retried; the sweep, or the next run, catches older events. */
  readonly maxEventAge: Duration;
}

/**
 * EventBridge tries to deliver the event, then Lambda tries to run the function; an event that
 * fails at either goes to the dead letters. For functions that only events invoke; call it once
 * per function.
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
