/**
 * A service that means harm: it speaks the protocol of Stowage, and answers chosen paths with
 * whatever a test says.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

export type Reply = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface HostileRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

/** As a release answers that does not have an operation. */
const NOWHERE = { code: 'NOT_FOUND' };

export class HostileServer {
  readonly seen: HostileRequest[] = [];
  /** By `METHOD /path`, without the query. What is not here is healthy, or not found. */
  readonly replies = new Map<string, Reply>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const { method = '', url = '', headers } = request;
      this.seen.push({ method, url, headers });
      const reply = this.replies.get(`${method} ${url.split('?')[0]}`);
      response.on('error', () => undefined);
      if (reply !== undefined) return void reply(request, response);
      const isHealth = url === '/healthz';
      const other = isHealth ? json({ status: 'ok', version: '0.1.0' }) : problem(404, NOWHERE);
      other(request, response);
    });
  }

  static async listen(): Promise<HostileServer> {
    const hostile = new HostileServer();
    hostile.#server.listen(0, '127.0.0.1');
    await once(hostile.#server, 'listening');
    return hostile;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  on(route: string, reply: Reply): void {
    this.replies.set(route, reply);
  }

  reset(): void {
    this.seen.length = 0;
    this.replies.clear();
  }

  countOf(method: string, path: string): number {
    return this.seen.filter((one) => one.method === method && one.url.split('?')[0] === path)
      .length;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export function json(body: unknown, status = 200): Reply {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}

export function problem(status: number, fields: Readonly<Record<string, unknown>>): Reply {
  return (request, response) => {
    request.resume();
    const body = { type: 'about:blank', title: 'x', status, detail: 'x', instance: 'r', ...fields };
    response
      .writeHead(status, { 'content-type': 'application/problem+json' })
      .end(JSON.stringify(body));
  };
}

export function redirect(status: number, location: string): Reply {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { location }).end();
  };
}

/** What of an endless answer has gone out. */
export interface Endless {
  readonly reply: Reply;
  sentBytes: number;
}

const MIB = 1024 * 1024;
/**
 * Where a client reads on, the answer ends after all: a test that fails does not take the machine's
 * memory.
 */
const END_BYTES = 256 * MIB;

/** As many bytes as the client takes, packed or as they are. */
export function endless(status = 200, packed = false): Endless {
  const answer: Endless = {
    sentBytes: 0,
    reply: async (request, response) => {
      request.resume();
      response.writeHead(status, {
        'content-type': status < 400 ? 'application/json' : 'application/problem+json',
        ...(packed ? { 'content-encoding': 'gzip' } : {}),
      });
      const pieces = Readable.from(piecesOf(answer), { highWaterMark: 1 });
      // The client leaves before the end.
      await pipeline(packed ? [pieces, createGzip(), response] : [pieces, response]).catch(
        () => undefined,
      );
    },
  };
  return answer;
}

function* piecesOf(answer: Endless): Generator<Buffer> {
  const piece = Buffer.alloc(MIB, ' ');
  while (answer.sentBytes < END_BYTES) {
    answer.sentBytes += piece.length;
    yield piece;
  }
}
