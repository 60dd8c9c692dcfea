/**
 * Calls a Lambda function and waits for its result, with one signed request and no Lambda client.
 */
import { ServiceError } from '../../core/errors.ts';
import { type AwsReply, callAws } from './call-aws.ts';
import type { AwsOptions } from './client-options.ts';

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
  const reply = await callFunction(functionName, payload, options);
  if (reply.status >= 300)
    throw new ServiceError(
      'UNAVAILABLE',
      `${what} can't be called: ${reply.status} ${messageIn(reply.text)}`,
    );
  return resultOf(what, reply);
}

/** The reply as it is, for callers that distinguish a refusal from a fault. */
export function callFunction(
  functionName: string,
  payload: unknown,
  options: AwsOptions = {},
): Promise<AwsReply> {
  const request = {
    service: 'lambda',
    what: `function ${functionName}`,
    method: 'POST',
    path: `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(payload),
  } as const;
  return callAws(request, options, PATIENCE_MS);
}

/** @throws UNAVAILABLE with the function's message, if it failed */
export function resultOf(what: string, { headers, text }: AwsReply): unknown {
  if (headers.has('x-amz-function-error')) {
    throw new ServiceError('UNAVAILABLE', `${what} failed: ${messageIn(text)}`);
  }
  return text === '' ? undefined : JSON.parse(text);
}

/** The field is `Message` in errors of Lambda, and `errorMessage` if the function failed. */
function messageIn(text: string): string {
  const [, message] =
    /"(?:errorMessage|Message|message)"\s*:\s*"((?:[^"\\]|\\.){1,2000})"/.exec(text) ?? [];
  return message === undefined ? 'without a reason' : String(JSON.parse(`"${message}"`));
}
