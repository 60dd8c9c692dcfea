/**
 * Calls a Lambda function and waits for its result, with one signed request and no Lambda client.
 */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SignatureV4 } from '@smithy/signature-v4';
import { ServiceError } from '../../core/errors.ts';
import { NodeSha256 } from '../sigv4/node-sha256.ts';
import { type AwsOptions, clientOptions } from './client-options.ts';
import { translating } from './errors.ts';

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
  const { url, headers, body } = await translating(what, () =>
    signRequest(functionName, JSON.stringify(payload), options),
  );
  const answer = await sendRequest(what, url, headers, body);
  const text = await answer.text();
  if (!answer.ok)
    throw new ServiceError(
      'UNAVAILABLE',
      `${what} can't be called: ${answer.status} ${messageIn(text)}`,
    );
  if (answer.headers.has('x-amz-function-error')) {
    throw new ServiceError('UNAVAILABLE', `${what} failed: ${messageIn(text)}`);
  }
  return text === '' ? undefined : JSON.parse(text);
}

/** An SDK client finds the region, the credentials and the domain of the partition. */
async function signRequest(functionName: string, body: string, options: AwsOptions) {
  const client = new CloudFormationClient(clientOptions(options));
  const region = await client.config.region();
  const endpoint = client.config.endpointProvider({
    Region: region,
    UseFIPS: false,
    UseDualStack: false,
  });
  const host = endpoint.url.host.replace('cloudformation', 'lambda');
  const url = new URL(
    `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
    options.endpoint ?? `https://${host}`,
  );
  const signer = new SignatureV4({
    credentials: client.config.credentials,
    region,
    service: 'lambda',
    sha256: NodeSha256,
  });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    headers: { host: url.host, 'content-type': 'application/json' },
    body,
  });
  client.destroy();
  return { url, headers, body };
}

async function sendRequest(
  what: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<Response> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    return await fetch(url, { method: 'POST', headers: { ...headers }, body, signal });
  } catch (error) {
    throw new ServiceError(
      'UNAVAILABLE',
      `${what} can't be reached at ${url.origin}; check the region and the network`,
      {
        cause: error,
      },
    );
  }
}

/** The field is `Message` in errors of Lambda, and `errorMessage` if the function failed. */
function messageIn(text: string): string {
  const [, message] =
    /"(?:errorMessage|Message|message)"\s*:\s*"((?:[^"\\]|\\.){1,2000})"/.exec(text) ?? [];
  return message === undefined ? 'without a reason' : String(JSON.parse(`"${message}"`));
}
