/**
 * A deployed stack as the CLI sees it: CloudFormation with its outputs, and Lambda that runs its
 * rotation.
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FunctionCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface FunctionAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export class FakeStack {
  outputs: Readonly<Record<string, string>> = {};
  status = 'CREATE_COMPLETE';
  /** Of resources that failed: logical id and reason, newest first. Undefined: it may not be asked. */
  failures: readonly (readonly [id: string, reason: string])[] | undefined = [];
  readonly calls: FunctionCall[] = [];
  answer: (order: unknown) => Promise<FunctionAnswer> = async () => ({ body: {} });
  /** Set: CloudFormation refuses with that status and code. */
  refusal: { readonly status: number; readonly code: string; readonly message: string } | undefined;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      const path = request.url ?? '';
      if (!path.includes('/functions/')) {
        const asked = new URLSearchParams(body);
        const { status, xml } =
          asked.get('Action') === 'DescribeStackEvents'
            ? this.#events()
            : this.#describe(asked.get('StackName'));
        return void response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
      }
      this.calls.push({ path, headers: request.headers, body });
      const { status = 200, headers = {}, body: answer } = await this.answer(JSON.parse(body));
      response.writeHead(status, headers).end(JSON.stringify(answer));
    });
  }

  static async listen(): Promise<FakeStack> {
    const fake = new FakeStack();
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  /** What the CLI's environment must hold to find it. */
  get env(): Readonly<Record<string, string>> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'eu-central-1',
      AWS_MAX_ATTEMPTS: '1',
    };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #describe(name: string | null): { readonly status: number; readonly xml: string } {
    const missing = {
      status: 400,
      code: 'ValidationError',
      message: `Stack with id ${name} does not exist`,
    };
    const { status, code, message } = this.refusal ?? missing;
    if (this.refusal !== undefined || name !== 'dev') {
      return refused(status, code, message);
    }
    const members = Object.entries(this.outputs).map(
      ([key, value]) =>
        `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    );
    const stack = `<member><StackName>dev</StackName><StackStatus>${this.status}</StackStatus><Outputs>${members.join('')}</Outputs></member>`;
    const result = `<DescribeStacksResult><Stacks>${stack}</Stacks></DescribeStacksResult>`;
    return { status: 200, xml: `<DescribeStacksResponse>${result}</DescribeStacksResponse>` };
  }

  #events(): { readonly status: number; readonly xml: string } {
    if (this.failures === undefined) return refused(403, 'AccessDenied', 'not allowed');
    const members = this.failures.map(
      ([id, reason]) =>
        `<member><LogicalResourceId>${id}</LogicalResourceId><ResourceStatus>CREATE_FAILED</ResourceStatus><ResourceStatusReason>${reason}</ResourceStatusReason></member>`,
    );
    const started = `<member><LogicalResourceId>dev</LogicalResourceId><ResourceStatus>CREATE_IN_PROGRESS</ResourceStatus></member>`;
    const result = `<DescribeStackEventsResult><StackEvents>${members.join('')}${started}</StackEvents></DescribeStackEventsResult>`;
    return {
      status: 200,
      xml: `<DescribeStackEventsResponse>${result}</DescribeStackEventsResponse>`,
    };
  }
}

function refused(status: number, code: string, message: string) {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, xml: `<ErrorResponse>${error}<RequestId>r</RequestId></ErrorResponse>` };
}
