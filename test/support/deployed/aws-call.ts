/** Requests to services of AWS for which the project has no client, signed as any of them would. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SignatureV4 } from '@smithy/signature-v4';
import { NodeSha256 } from '../../../storage/sigv4/node-sha256.ts';
import { type Answer, send } from '../plain-client.ts';

/** An account and a region, whose services are asked. */
export interface AwsAccount {
  readonly region: string;
  /** Of an emulator. @default AWS itself, or AWS_ENDPOINT_URL */
  readonly endpoint?: string;
  /** @default as the SDK finds them */
  readonly credentials?: Credentials;
}

export interface AwsCall {
  /** As the signature names it: `lambda`, `events`, `apigateway`. */
  readonly service: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** @param credentials @default those of the account */
export async function callAws(
  account: AwsAccount,
  call: AwsCall,
  credentials: Credentials | undefined = account.credentials,
): Promise<Answer> {
  const { service, method, path, query = {}, headers = {}, body } = call;
  const { found, origin } = await findService(account, service);
  const signer = new SignatureV4({
    service,
    region: account.region,
    credentials: credentials ?? found,
    sha256: NodeSha256,
  });
  const signed = await signer.sign({
    method,
    protocol: origin.protocol,
    hostname: origin.hostname,
    ...(origin.port === '' ? {} : { port: Number(origin.port) }),
    path,
    query,
    headers: { host: origin.host, ...headers },
    body,
  });
  const search = new URLSearchParams(query).toString();
  const url = `${origin.origin}${path}${search === '' ? '' : `?${search}`}`;
  return send(url, { method, headers: signed.headers, ...(body === undefined ? {} : { body }) });
}

/** A client of the SDK finds the credentials, and the domain of the partition. */
async function findService({ region, endpoint, credentials }: AwsAccount, service: string) {
  const client = new CloudFormationClient({ region });
  const chosen = endpoint ?? process.env['AWS_ENDPOINT_URL'];
  const { url } = client.config.endpointProvider({
    Region: region,
    UseFIPS: false,
    UseDualStack: false,
  });
  const origin = new URL(chosen || `https://${url.host.replace('cloudformation', service)}`);
  const found = credentials ?? (await client.config.credentials());
  client.destroy();
  return { found, origin };
}

/** @throws where it does not succeed */
export async function askAws<Body>(account: AwsAccount, call: AwsCall): Promise<Body> {
  const answer = await callAws(account, call);
  if (answer.status >= 300)
    throw new Error(`${call.service} ${call.path} answered ${answer.status}: ${answer.body}`);
  const text = answer.body.toString();
  return (text === '' ? undefined : JSON.parse(text)) as Body;
}

/** A call of the JSON protocol. @param target such as `AWSEvents.ListRules` */
export function askJson<Body>(
  account: AwsAccount,
  service: string,
  target: string,
  input: object,
): Promise<Body> {
  return askAws(account, {
    service,
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
    body: JSON.stringify(input),
  });
}

/** A call of the query protocol. @returns the XML of the answer. @throws where it does not succeed */
export async function askQuery(
  account: AwsAccount,
  service: string,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const { status, body } = await callAws(account, {
    service,
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  });
  if (status !== 200) throw new Error(`${fields['Action']} answered ${status}: ${body}`);
  return body.toString();
}
