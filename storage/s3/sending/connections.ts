/** Connections to one store that are kept open, and one request on one of them; knows no S3. */
import type { Agent, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { SignedRequest } from '../../../core/ports/blob-store.ts';
import { HttpAgent, httpRequest } from '../http/node-http.ts';
import { CONNECT_MS, IDLE_MS, SOCKETS } from '../s3-bucket.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** The connection broke, or there was none to be had. */
export class ConnectionFault extends Error {
  /** Node's name for what happened. */
  readonly code: string | undefined;

  constructor(cause: Error) {
    super(cause.message, { cause });
    this.name = 'ConnectionFault';
    this.code = 'code' in cause ? String(cause.code) : undefined;
  }
}

/** What answers a PUT is short; what is longer is no store's. */
const LONGEST_ANSWER_BYTES = 1024 * 1024;

export class Connections {
  readonly #agent: Agent;
  readonly #open: typeof httpRequest;

  constructor(protocol: string) {
    const options = { keepAlive: true, maxSockets: SOCKETS };
    this.#agent = protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
    this.#open = protocol === 'https:' ? httpsRequest : httpRequest;
  }

  /** @throws ConnectionFault */
  send({ method, url, headers }: SignedRequest, body: Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(new ConnectionFault(error));
      const sent = this.#open(url, {
        method,
        agent: this.#agent,
        headers: { ...headers, 'content-length': body.length },
      });
      const giveUp = () => sent.destroy(Object.assign(new Error('nothing moved for too long'), { code: 'ETIMEDOUT' }));
      sent.on('socket', (socket) => {
        sent.setTimeout(socket.connecting ? CONNECT_MS : IDLE_MS, giveUp);
        if (socket.connecting) socket.once('connect', () => sent.setTimeout(IDLE_MS));
      });
      sent.on('response', (answer) => {
        const chunks: Buffer[] = [];
        let length = 0;
        answer.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length <= LONGEST_ANSWER_BYTES) chunks.push(chunk);
        });
        answer.on('error', fail);
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() });
        });
      });
      sent.on('error', fail);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
