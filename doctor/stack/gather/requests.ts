/** Requests to services of AWS for which the package carries no client, and their answers. */
import { AwsClient, type AwsRequest } from '../../../storage/aws/aws-client.ts';
import type { AwsOptions } from '../../../storage/aws/client-options.ts';
import { JsonClient, type JsonService } from '../../../storage/aws/json-client.ts';
import { findAccount } from '../../../storage/aws/sdk-account.ts';

/** Some operations may be called ten times a second by a whole account. */
const LIMITS = { timeoutMs: 15_000, maxAttempts: 5 } as const;

export const CERTIFICATE_MANAGER: JsonService = {
  name: 'acm',
  target: 'CertificateManager',
  jsonVersion: '1.1',
};
export const CLOUDWATCH: JsonService = {
  name: 'monitoring',
  target: 'GraniteServiceVersion20100801',
  jsonVersion: '1.0',
};
export const CLOUDWATCH_LOGS: JsonService = {
  name: 'logs',
  target: 'Logs_20140328',
  jsonVersion: '1.1',
};
export const SERVICE_QUOTAS: JsonService = {
  name: 'servicequotas',
  target: 'ServiceQuotasV20190624',
  jsonVersion: '1.1',
};

/** @throws AwsError */
export async function askJson(
  service: JsonService,
  operation: string,
  input: object,
  options: AwsOptions,
): Promise<unknown> {
  const client = new JsonClient(service, { ...(await findAccount(options)), ...LIMITS });
  try {
    return await client.send(operation, input);
  } finally {
    client.destroy();
  }
}

/** A call of the REST protocol of Lambda. @throws AwsError */
export async function askLambda(path: string, options: AwsOptions): Promise<unknown> {
  return JSON.parse(await ask('lambda', { method: 'GET', path }, options));
}

/** The attributes of a topic; SNS answers in XML only. @throws AwsError */
export async function topicAttributes(
  topicArn: string,
  options: AwsOptions,
): Promise<Readonly<Record<string, string>>> {
  const query = { Action: 'GetTopicAttributes', Version: '2010-03-31', TopicArn: topicArn };
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(query).toString(),
  } as const;
  const text = await ask('sns', request, options);
  const entries = text.matchAll(/<key>([^<]*)<\/key>\s*<value>([^<]*)<\/value>/g);
  return Object.fromEntries([...entries].map(([, key = '', value = '']) => [key, value]));
}

async function ask(service: string, request: AwsRequest, options: AwsOptions): Promise<string> {
  const client = new AwsClient(service, { ...(await findAccount(options)), ...LIMITS });
  try {
    return (await client.send(request)).text;
  } finally {
    client.destroy();
  }
}
