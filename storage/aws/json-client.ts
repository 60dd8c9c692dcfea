/** Calls services of AWS that take JSON by POST (DynamoDB, Secrets Manager, SQS). */
import { AwsClient, type AwsClientOptions, AwsError } from './aws-client.ts';

export interface JsonService {
  /** In the host name of its endpoints, and in signatures. */
  readonly name: string;
  /** What precedes the operation in `x-amz-target`. */
  readonly target: string;
  readonly jsonVersion: '1.0' | '1.1';
}

export class JsonClient {
  readonly #service: JsonService;
  readonly #client: AwsClient;

  constructor(service: JsonService, options: AwsClientOptions) {
    this.#service = service;
    this.#client = new AwsClient(service.name, options);
  }

  /** @throws AwsError; what the credentials throw */
  async send(operation: string, input: unknown): Promise<unknown> {
    const { target, jsonVersion } = this.#service;
    const { text } = await this.#client.send({
      method: 'POST',
      headers: {
        'content-type': `application/x-amz-json-${jsonVersion}`,
        'x-amz-target': `${target}.${operation}`,
      },
      body: JSON.stringify(input),
    });
    try {
      return text === '' ? {} : JSON.parse(text);
    } catch (cause) {
      // From a portal, say, that answers in place of AWS.
      throw new AwsError({ name: 'SyntaxError', message: 'the answer is not JSON', cause }, 1);
    }
  }

  /** Repeatable. */
  destroy(): void {
    this.#client.destroy();
  }
}
