/** Secrets Manager and SQS as the functions see them: one server on 127.0.0.1 that keeps secrets and messages, and may refuse for a while. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export class FakeAws {
  readonly secrets = new Map<string, string>();
  /** Bodies of the messages that were sent. */
  readonly messages: string[] = [];
  /** How many requests were for Secrets Manager. */
  asked = 0;
  /** Every request is refused while this is set. */
  refusal: { readonly status: number; readonly name: string } | undefined;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const body = JSON.parse((await text(request)) || '{}') as Readonly<Record<string, string>>;
      const target = String(request.headers['x-amz-target']);
      const { status, answer } = this.#answer(target, body);
      response
        .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
        .end(JSON.stringify(answer));
    });
  }

  static async start(): Promise<FakeAws> {
    const fake = new FakeAws();
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer(
    target: string,
    body: Readonly<Record<string, string>>,
  ): { readonly status: number; readonly answer: object } {
    if (target.startsWith('secretsmanager.')) this.asked += 1;
    if (this.refusal !== undefined)
      return { status: this.refusal.status, answer: { __type: this.refusal.name } };
    if (target === 'AmazonSQS.SendMessage') {
      const { MessageBody: message = '' } = body;
      this.messages.push(message);
      const digest = createHash('md5').update(message).digest('hex');
      return {
        status: 200,
        answer: { MessageId: String(this.messages.length), MD5OfMessageBody: digest },
      };
    }
    const secret = this.secrets.get(body['SecretId'] ?? '');
    if (secret === undefined)
      return { status: 400, answer: { __type: 'ResourceNotFoundException' } };
    return { status: 200, answer: { SecretString: secret, VersionId: '1' } };
  }
}
