/** Sends requests with short bodies over connections that stay open; knows nothing about AWS. */
import type { IncomingHttpHeaders } from 'node:http';
import { HttpAgent, HttpsAgent, httpRequest, httpsRequest } from './node-http.ts';

export interface SenderRequest {
  readonly method: string;
  /** With the query, encoded as it is sent. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** @default none */
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export class Sender {
  readonly #origin: URL;
  readonly #agent: InstanceType<typeof HttpAgent>;
  readonly #open: typeof httpRequest;

  /** @param sockets open at the same time; more requests wait */
  constructor(origin: URL, sockets: number) {
    const isTls = origin.protocol === 'https:';
    const options = { keepAlive: true, maxSockets: sockets };
    this.#origin = origin;
    this.#agent = isTls ? new HttpsAgent(options) : new HttpAgent(options);
    this.#open = isTls ? httpsRequest : httpRequest;
  }

  /**
   * @param timeoutMs for all of it: the wait for a socket, the connection, and the whole answer
   * @throws Error with the `code` of Node, or with the name TimeoutError
   */
  send({ method, path, headers, body = '' }: SenderRequest, timeoutMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = this.#open(this.#origin, {
        method,
        path,
        agent: this.#agent,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      });
      const timer = setTimeout(() => {
        const late = new Error(`no answer within ${timeoutMs} ms`);
        late.name = 'TimeoutError';
        sent.destroy(late);
      }, timeoutMs);
      const fail = (error: Error) => {
        clearTimeout(timer);
        reject(error);
      };
      sent.on('error', fail);
      sent.on('response', (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', fail);
        answer.on('end', () => {
          clearTimeout(timer);
          const text = Buffer.concat(chunks).toString();
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
        });
      });
      sent.end(body);
    });
  }

  /** Repeatable. */
  close(): void {
    this.#agent.destroy();
  }
}
