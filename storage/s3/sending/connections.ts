/** Keeps connections to one store open, and sends requests over them; knows nothing about S3. */
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { HttpAgent, HttpsAgent, httpRequest, httpsRequest } from '../../http/node-http.ts';
import { CONNECT_MS, IDLE_MS, SOCKETS } from '../bucket/s3-bucket.ts';

/** A request, signed. */
export interface ToSend {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

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

/** A list of 1,000 long names is the longest answer. A longer one is not a store's; it is cut off. */
const LONGEST_ANSWER_BYTES = 4 * 1024 * 1024;

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

  /** @param agent for connections that others share. @default one of its own */
  constructor(protocol: string, agent?: Agent) {
    const isTls = protocol === 'https:';
    const options = { keepAlive: true, maxSockets: SOCKETS };
    this.#agent = agent ?? (isTls ? new HttpsAgent(options) : new HttpAgent(options));
    this.#open = isTls ? httpsRequest : httpRequest;
  }

  /** Returns when the whole answer is there. @throws ConnectionFault */
  async send(request: ToSend, body: Uint8Array): Promise<S3Response> {
    const answer = await this.open(request, body);
    const { statusCode: status = 0, headers } = answer;
    return { status, headers, body: await textOf(answer) };
  }

  /** Returns when the headers of the answer are there. @throws ConnectionFault */
  open({ method, url, headers }: ToSend, body: Uint8Array): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const asks = body.length >= ASK_FROM_BYTES;
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
        // Refused before the body was sent: the connection cannot be used again.
        answer.once('end', () => {
          if (!sent.writableEnded) sent.destroy();
        });
        resolve(answer);
      });
      sent.on('error', (error) => reject(new ConnectionFault(error)));
      if (asks) sendWhenAsked(sent, body);
      else sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The body of an answer. @throws ConnectionFault */
export function textOf(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    answer.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= LONGEST_ANSWER_BYTES) chunks.push(chunk);
    });
    answer.on('error', (error) => reject(new ConnectionFault(error)));
    answer.on('end', () => resolve(Buffer.concat(chunks).toString()));
  });
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
