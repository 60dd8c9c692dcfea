/**
 * One signed request to a service of AWS for which the package carries no client. Says what was
 * answered, and leaves it to the caller what a refusal means.
 */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SignatureV4 } from '@smithy/signature-v4';
import { ServiceError } from '../../core/errors.ts';
import { NodeSha256 } from '../sigv4/node-sha256.ts';
import { type AwsOptions, clientOptions } from './client-options.ts';
import { translating } from './errors.ts';

export interface AwsRequest {
  /** The name of the service in its host and in signatures, such as `lambda`. */
  readonly service: string;
  /** Opens messages, such as `function x`. */
  readonly what: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface AwsReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * @param patienceMs for the whole request
 * @throws UNAVAILABLE if there are no credentials, or the service cannot be reached
 */
export async function callAws(
  request: AwsRequest,
  options: AwsOptions,
  patienceMs: number,
): Promise<AwsReply> {
  const { what, method, body } = request;
  const { url, headers } = await translating(what, () => signRequest(request, options));
  try {
    const signal = AbortSignal.timeout(patienceMs);
    const answer = await fetch(url, {
      method,
      headers,
      signal,
      ...(body === undefined ? {} : { body }),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  } catch (error) {
    throw new ServiceError(
      'UNAVAILABLE',
      `${what} can't be reached at ${url.origin}; check the region and the network`,
      { cause: error },
    );
  }
}

/** An SDK client finds the region, the credentials and the domain of the partition. */
async function signRequest(request: AwsRequest, options: AwsOptions) {
  const { service, method, path, headers: own = {}, body } = request;
  const client = new CloudFormationClient(clientOptions(options));
  try {
    const region = await client.config.region();
    const endpoint = client.config.endpointProvider({
      Region: region,
      UseFIPS: false,
      UseDualStack: false,
    });
    const host = endpoint.url.host.replace('cloudformation', service);
    const url = new URL(path, options.endpoint ?? `https://${host}`);
    const signer = new SignatureV4({
      credentials: client.config.credentials,
      region,
      service,
      sha256: NodeSha256,
    });
    const { headers } = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      headers: { host: url.host, ...own },
      body,
    });
    return { url, headers };
  } finally {
    client.destroy();
  }
}
