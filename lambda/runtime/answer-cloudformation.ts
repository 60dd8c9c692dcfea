/** Sends a custom resource's answer to the URL that CloudFormation gave with the question. */
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import pRetry from 'p-retry';
import { ServiceError } from '../../core/errors.ts';

/** The answer to CloudFormation. */
export type ResourceAnswer =
  | {
      readonly Status: 'SUCCESS';
      readonly PhysicalResourceId: string;
      readonly Data?: Readonly<Record<string, string>>;
    }
  | { readonly Status: 'FAILED'; readonly PhysicalResourceId: string; readonly Reason: string };

const TRIES = 4;
const TIMEOUT_MS = 10_000;

/** Cut short: CloudFormation limits the size of answers. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 1000);
}

/**
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
 * @throws UNAVAILABLE where the answer can't be delivered: Lambda then calls again, and every
 * change is repeatable
 */
export async function answerCloudFormation(
  { ResponseURL: url, StackId, RequestId, LogicalResourceId }: CloudFormationCustomResourceEvent,
  answer: ResourceAnswer,
): Promise<void> {
  const body = JSON.stringify({ ...answer, StackId, RequestId, LogicalResourceId });
  await pRetry(() => put(url, body), { retries: TRIES });
}

/**
 * The URL is signed without a content type, so sending one would break the signature. Messages must
 * not hold the URL: anyone who has it can answer.
 */
async function put(url: string, body: string): Promise<void> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch(url, { method: 'PUT', headers: { 'content-type': '' }, body, signal });
  if (answer.ok) return;
  throw new ServiceError(
    'UNAVAILABLE',
    `CloudFormation did not take the answer: status ${answer.status}`,
  );
}
