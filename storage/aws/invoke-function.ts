/**
 * Calls a Lambda function and waits for its result, with one signed request and no Lambda client.
 */
import { ServiceError } from '../../core/errors.ts';
import { AwsClient, AwsError, type AwsReply } from './aws-client.ts';
import type { AwsOptions } from './client-options.ts';
import { translating } from './errors.ts';
import { findAccount } from './sdk-account.ts';

/** How long a function may take. */
const PATIENCE_MS = 150_000;

/**
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 * @returns the parsed result. @throws UNAVAILABLE with the function's message, if it cannot be
 *   called or fails
 */
export async function invokeFunction(
  functionName: string,
  payload: unknown,
  options: AwsOptions = {},
): Promise<unknown> {
  const what = `function ${functionName}`;
  try {
    return await translating(what, () => callFunction(functionName, payload, options));
  } catch (error) {
    const { cause } = error as { readonly cause?: unknown };
    const { httpStatusCode: status } = cause instanceof AwsError ? cause.$metadata : {};
    if (!(cause instanceof AwsError) || status === undefined) throw error;
    throw new ServiceError('UNAVAILABLE', `${what} can't be called: ${status} ${cause.message}`, {
      cause,
    });
  }
}

/**
 * Sent once, because the function may do its work although no answer comes.
 * @throws AwsError if it cannot be called, UNAVAILABLE with its message if it failed
 */
export async function callFunction(
  functionName: string,
  payload: unknown,
  options: AwsOptions = {},
): Promise<unknown> {
  const what = `function ${functionName}`;
  const account = await findAccount(options);
  const limits = { timeoutMs: PATIENCE_MS, maxAttempts: 1 };
  const client = new AwsClient('lambda', { ...account, ...limits });
  try {
    const reply = await client.send({
      method: 'POST',
      path: `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(payload),
    });
    return resultOf(what, reply);
  } finally {
    client.destroy();
  }
}

function resultOf(what: string, { headers, text }: AwsReply): unknown {
  if (headers['x-amz-function-error'] !== undefined) {
    throw new ServiceError('UNAVAILABLE', `${what} failed: ${messageIn(text)}`);
  }
  return text === '' ? undefined : JSON.parse(text);
}

function messageIn(text: string): string {
  const [, message] = /"errorMessage"\s*:\s*"((?:[^"\\]|\\.){1,2000})"/.exec(text) ?? [];
  return message === undefined ? 'without a reason' : String(JSON.parse(`"${message}"`));
}
