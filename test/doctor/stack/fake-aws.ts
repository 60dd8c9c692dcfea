/** AWS as the doctor meets it without rights: it may describe the stack, and nothing else; or AWS does not answer sense. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export const OUTPUTS = {
  ApiUrl: 'https://api.example.com',
  ApiDomainTarget: 'd-1.execute-api.eu-central-1.amazonaws.com',
  BucketName: 'releases',
  TableName: 'catalog',
  Region: 'eu-central-1',
  CdnDomain: 'cdn.example.com',
  CdnDomainTarget: 'd1.cloudfront.net',
  DistributionId: 'E1',
  KeyGroupId: 'group',
  RotateFunction: 'rotate',
};

/**
 * `is busy` refuses the first request of each kind as one too many, then lists and denies;
 * `fails at first` fails instead.
 */
export type Manner = 'denies' | 'babbles' | 'lists' | keyof typeof AT_FIRST;

const AT_FIRST = {
  'is busy': { status: 400, __type: 'ThrottlingException', message: 'Rate exceeded' },
  'fails at first': { status: 503, message: 'try again' },
};

export class FakeAws {
  readonly #server: Server;

  private constructor(manner: Manner, outputs: Readonly<Record<string, string>>) {
    const seen = new Set<string>();
    this.#server = createServer(async (request, response) => {
      const body = await textOf(request);
      const { url, headers } = request;
      const kind = `${url} ${headers['x-amz-target'] ?? ''}`;
      const isOurs = headers['content-type']?.includes('json') || url?.startsWith('/2016');
      if (manner in AT_FIRST && isOurs && !seen.has(kind)) {
        seen.add(kind);
        const { status, ...refusal } = AT_FIRST[manner as keyof typeof AT_FIRST];
        return void response.writeHead(status).end(JSON.stringify(refusal));
      }
      if (body.includes('Action=DescribeStacks')) return void response.end(stackXml(outputs));
      if ((manner === 'lists' || manner in AT_FIRST) && body.includes('Action=ListStackResources'))
        return void response.end(RESOURCES_XML);
      if (manner === 'babbles') return void response.writeHead(200).end('<html>a portal</html>');
      response.writeHead(403, { 'x-amzn-errortype': 'AccessDeniedException' });
      response.end(refusalFor(request));
    });
  }

  static async listen(
    manner: Manner,
    outputs: Readonly<Record<string, string>> = OUTPUTS,
  ): Promise<FakeAws> {
    const fake = new FakeAws(manner, outputs);
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Each protocol has its own form. */
function refusalFor({ headers, url = '' }: IncomingMessage): string {
  const isJson = headers['content-type']?.includes('json') || url.startsWith('/20');
  if (isJson && !url.startsWith('/2020-05-31'))
    return JSON.stringify({ __type: 'x#AccessDeniedException', message: 'you may not' });
  const error = '<Error><Code>AccessDenied</Code><Message>you may not</Message></Error>';
  return url === '/' || url.startsWith('/2020-05-31')
    ? `<ErrorResponse>${error}</ErrorResponse>`
    : error;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function stackXml(outputs: Readonly<Record<string, string>>): string {
  const members = Object.entries(outputs).map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  const id = 'arn:aws:cloudformation:eu-central-1:123456789012:stack/dev/1';
  const stack = `<member><StackId>${id}</StackId><StackName>dev</StackName><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs></member>`;
  const result = `<DescribeStacksResult><Stacks>${stack}</Stacks></DescribeStacksResult>`;
  return `<DescribeStacksResponse>${result}</DescribeStacksResponse>`;
}

const RESOURCES = [
  ['AWS::CloudWatch::Alarm', 'WatchSweep'],
  ['AWS::SQS::Queue', 'UpkeepDeadLettersQueue'],
  ['AWS::Lambda::Function', 'Publish'],
  ['AWS::Logs::LogGroup', 'PublishLogs'],
];
const RESOURCES_XML = `<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>${RESOURCES.map(
  ([type, id]) =>
    `<member><ResourceType>${type}</ResourceType><LogicalResourceId>${id}</LogicalResourceId><PhysicalResourceId>${id}</PhysicalResourceId></member>`,
).join('')}</StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>`;
