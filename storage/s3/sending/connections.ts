/** Keeps connections to one store open, and sends requests over them; knows nothing about S3. */
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { SignedRequest } from '../../../core/ports/blob-store.ts';
import { HttpAgent, HttpsAgent, httpRequest, httpsRequest } from '../../http/node-http.ts';
import { CONNECT_MS, IDLE_MS, SOCKETS } from '../bucket/s3-bucket.ts';

export interface S3Response {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** The connection broke, or could not be made. */
export class ConnectionFault extends Error {
  /** The error code of Node. */
  readonly code: string | undefined;

  constructor(cause: Error) {
    super(cause.message, { cause });
    this.name = 'ConnectionFault';
    this.code = 'code' in cause ? String(cause.code) : undefined;
  }
}

/** The response to a PUT is short. A longer one does not come from a store, and is cut off. */
const LONGEST_ANSWER_BYTES = 1024 * 1024;

/**
 * From this size on, the store is asked before the body is sent (`Expect: 100-continue`, RFC 9110
 * section 10.1.1). A store that refuses may close the connection while a body is still coming, and
 * then its response is lost. A store that does not answer the question gets the body all the same.
 */
const ASK_FROM_BYTES = 2 * 1024 * 1024;
const ANSWER_WITHIN_MS = 1_000;

export class Connections {
  readonly #agent: Agent;
  readonly #open: typeof httpRequest;

  constructor(protocol: string) {
    const options = { keepAlive: true, maxSockets: SOCKETS };
    this.#agent = protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
    this.#open = protocol === 'https:' ? httpsRequest : httpRequest;
  }

  /** @throws ConnectionFault */
  send({ method, url, headers }: SignedRequest, body: Uint8Array): Promise<S3Response> {
    return new Promise((resolve, reject) => {
      const asks = body.length >= ASK_FROM_BYTES;
      const fail = (error: Error) => reject(new ConnectionFault(error));
      const sent = this.#open(url, {
        method,
        agent: this.#agent,
        headers: {
          ...headers,
          'content-length': body.length,
          ...(asks && { expect: '100-continue' }),
        },
      });
      const giveUp = () =>
        sent.destroy(Object.assign(new Error('nothing moved for too long'), { code: 'ETIMEDOUT' }));
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
          // Refused before the body was sent: the connection cannot be used again.
          if (!sent.writableEnded) sent.destroy();
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: Buffer.concat(chunks).toString(),
          });
        });
      });
      sent.on('error', fail);
      if (asks) sendWhenAsked(sent, body);
      else sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function sendWhenAsked(sent: ClientRequest, body: Uint8Array): void {
  const send = () => {
    clearTimeout(timer);
    if (!sent.writableEnded) sent.end(body);
  };
  let timer: NodeJS.Timeout | undefined;
  sent.on('socket', () => {
    timer = setTimeout(send, ANSWER_WITHIN_MS);
  });
  sent.once('continue', send);
  for (const event of ['response', 'close']) sent.once(event, () => clearTimeout(timer));
  sent.flushHeaders();
}
