/** Requests to services of AWS for which the package carries no client, and their answers. */
import pRetry from 'p-retry';
import { type AwsReply, type AwsRequest, callAws } from '../../../storage/aws/call-aws.ts';
import type { AwsOptions } from '../../../storage/aws/client-options.ts';

const PATIENCE_MS = 15_000;
/** Some operations may be called ten times a second by a whole account. */
const RETRIES = { retries: 4, minTimeout: 250, factor: 2 } as const;
const BUSY = /^(?:Throttling|RequestLimitExceeded|TooManyRequests)/;

/** A refusal, in the form of the errors of the SDK. */
export class AwsRefusal extends Error {
  override readonly name: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = code;
  }
}

/** A call of the JSON protocol. @param target such as `ServiceQuotasV20190624.ListServiceQuotas` */
export async function askJson(
  service: string,
  target: string,
  input: object,
  options: AwsOptions,
): Promise<unknown> {
  // CloudWatch speaks version 1.0 of the protocol, all others 1.1.
  const version = service === 'monitoring' ? '1.0' : '1.1';
  const request = {
    service,
    what: target,
    method: 'POST',
    path: '/',
    headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target },
    body: JSON.stringify(input),
  } as const;
  return JSON.parse(await answerOf(request, options));
}

/** A call of the REST protocol of Lambda. */
export async function askLambda(path: string, options: AwsOptions): Promise<unknown> {
  const request = { service: 'lambda', what: 'AWS Lambda', method: 'GET', path } as const;
  return JSON.parse(await answerOf(request, options));
}

/** The attributes of a topic; SNS answers in XML only. */
export async function topicAttributes(
  topicArn: string,
  options: AwsOptions,
): Promise<Readonly<Record<string, string>>> {
  const query = { Action: 'GetTopicAttributes', Version: '2010-03-31', TopicArn: topicArn };
  const request = {
    service: 'sns',
    what: `topic ${topicArn}`,
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(query).toString(),
  } as const;
  const text = await answerOf(request, options);
  const entries = text.matchAll(/<key>([^<]*)<\/key>\s*<value>([^<]*)<\/value>/g);
  return Object.fromEntries([...entries].map(([, key = '', value = '']) => [key, value]));
}

/** The text of the answer. Waits where AWS takes no more requests just now. @throws AwsRefusal */
function answerOf(request: AwsRequest, options: AwsOptions): Promise<string> {
  const isBusy = (error: unknown) => error instanceof AwsRefusal && BUSY.test(error.name);
  return pRetry(
    async () => {
      const reply = await callAws(request, options, PATIENCE_MS);
      if (reply.status >= 300) throw refusalIn(reply);
      return reply.text;
    },
    { ...RETRIES, shouldRetry: ({ error }) => isBusy(error) },
  );
}

/** The code is in a header, in `__type` of JSON, or in `Code` of XML. */
export function refusalIn({ status, headers, text }: AwsReply): AwsRefusal {
  const [, type] = /"__type"\s*:\s*"(?:[^"]*#)?([^"]+)"/.exec(text) ?? [];
  const [, xml] = /<Code>([^<]+)<\/Code>/.exec(text) ?? [];
  const [, message] = /(?:"[Mm]essage"\s*:\s*"|<Message>)([^"<]{1,500})/.exec(text) ?? [];
  const [header] = (headers.get('x-amzn-errortype') ?? '').split(':');
  return new AwsRefusal(header || type || xml || `HTTP ${status}`, message ?? 'without a reason');
}
