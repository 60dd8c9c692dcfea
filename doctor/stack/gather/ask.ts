/**
 * Asks AWS for one fact. What the credentials may not see, and what a service does not answer, is
 * an unknown fact with a reason, never an error.
 */
import pLimit from 'p-limit';
import { ServiceError } from '../../../core/errors.ts';
import { isAwsError } from '../../../storage/aws/errors.ts';
import type { Fact } from '../facts/facts.ts';

/** Every right that `stowage doctor --stack` uses. docs/operations.md has it as a policy. */
export const RIGHTS = [
  'acm:DescribeCertificate',
  'cloudformation:DescribeStacks',
  'cloudformation:GetTemplate',
  'cloudformation:ListStackResources',
  'cloudfront:GetDistributionConfig',
  'cloudfront:GetKeyGroup',
  'cloudfront:ListKeyGroups',
  'cloudfront:ListPublicKeys',
  'cloudwatch:DescribeAlarms',
  'dynamodb:DescribeContinuousBackups',
  'dynamodb:DescribeTable',
  'dynamodb:DescribeTimeToLive',
  'lambda:GetAccountSettings',
  'lambda:GetFunctionConfiguration',
  'lambda:InvokeFunction',
  'logs:DescribeLogGroups',
  's3:GetBucketCORS',
  's3:GetBucketPolicy',
  's3:GetBucketPublicAccessBlock',
  's3:GetBucketVersioning',
  's3:GetEncryptionConfiguration',
  's3:GetLifecycleConfiguration',
  's3:GetReplicationConfiguration',
  'servicequotas:ListAWSDefaultServiceQuotas',
  'servicequotas:ListServiceQuotas',
  'sns:GetTopicAttributes',
  'sqs:GetQueueAttributes',
] as const;
export type Right = (typeof RIGHTS)[number];

const DENIED = [
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationError',
  'AuthorizationErrorException',
  'UnauthorizedOperation',
];
const AT_ONCE = 8;
/** Answers that do not fit are described at length. */
const MAX_REASON = 300;
const limit = pLimit(AT_ONCE);

/** @param signal stops what has not begun; its reason is thrown */
export async function ask<Value>(
  right: Right,
  signal: AbortSignal,
  work: () => Promise<Value>,
): Promise<Fact<Value>> {
  try {
    return await limit(async () => {
      signal.throwIfAborted();
      return { value: await work() };
    });
  } catch (error) {
    signal.throwIfAborted();
    return { unknown: reasonOf(error, right) };
  }
}

/** Facts of one kind; if one of them is unknown, all are. */
export async function askAll<One, Value>(
  ones: readonly One[],
  work: (one: One) => Promise<Fact<Value>>,
): Promise<Fact<readonly Value[]>> {
  const facts = await Promise.all(ones.map(work));
  const values: Value[] = [];
  for (const fact of facts) {
    if ('unknown' in fact) return fact;
    values.push(fact.value);
  }
  return { value: values };
}

export function mapFact<Value, Result>(
  fact: Fact<Value>,
  map: (value: Value) => Result,
): Fact<Result> {
  return 'unknown' in fact ? fact : { value: map(fact.value) };
}

function reasonOf(error: unknown, right: Right): string {
  const cause = error instanceof ServiceError ? error.cause : undefined;
  if (isAwsError(error, ...DENIED) || isAwsError(cause, ...DENIED)) return `needs ${right}`;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const what = error instanceof ServiceError || name === 'Error' ? message : `${name}: ${message}`;
  const line = what.replaceAll(/\s+/g, ' ').slice(0, MAX_REASON);
  return `no answer to ${right} that can be used: ${line}`;
}
