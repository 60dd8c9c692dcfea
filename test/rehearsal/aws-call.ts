/** Requests to services of the emulator for which the project has no client, signed as any of them would. */
import { SignatureV4 } from '@smithy/signature-v4';
import { NodeSha256 } from '../../storage/sigv4/node-sha256.ts';
import { type Answer, send } from '../support/plain-client.ts';
import { type AwsEmulator, REGION } from '../support/servers/aws-emulator/aws-emulator.ts';

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

/** @param credentials @default the account's root */
export async function callAws(
  emulator: AwsEmulator,
  call: AwsCall,
  credentials?: Credentials,
): Promise<Answer> {
  const { service, method, path, query = {}, headers = {}, body } = call;
  const signer = new SignatureV4({
    service,
    region: REGION,
    credentials: credentials ?? emulator.credentials,
    sha256: NodeSha256,
  });
  const signed = await signer.sign({
    method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    port: emulator.port,
    path,
    query,
    headers: { host: `127.0.0.1:${emulator.port}`, ...headers },
    body,
  });
  const search = new URLSearchParams(query).toString();
  const url = `${emulator.endpoint}${path}${search === '' ? '' : `?${search}`}`;
  return send(url, { method, headers: signed.headers, ...(body === undefined ? {} : { body }) });
}

/** @throws where it does not succeed */
export async function askAws<Body>(emulator: AwsEmulator, call: AwsCall): Promise<Body> {
  const answer = await callAws(emulator, call);
  if (answer.status >= 300)
    throw new Error(`${call.service} ${call.path} answered ${answer.status}: ${answer.body}`);
  const text = answer.body.toString();
  return (text === '' ? undefined : JSON.parse(text)) as Body;
}

/** A call of the JSON protocol. @param target such as `AWSEvents.ListRules` */
export function askJson<Body>(
  emulator: AwsEmulator,
  service: string,
  target: string,
  input: object,
): Promise<Body> {
  return askAws(emulator, {
    service,
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
    body: JSON.stringify(input),
  });
}
