/**
 * A proxy between clients and a server that forwards everything, and disturbs chosen requests as
 * networks do.
 */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  /** Without its query, which holds signatures. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** `forward` hands the request on; `cut` breaks the connection; a function does as it likes. */
export type Fate =
  | 'forward'
  | 'cut'
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The server processes the request, but its answer is lost. */
  | 'lose-answer'
  /** The answer's body breaks off after so many bytes. */
  | { readonly cutAfter: number }
  /**
   * The storage holds so many bytes and no more: its answer ends there, and a range beyond is
   * refused.
   */
  | { readonly shortenTo: number }
  /** One byte of the answer's body is another. */
  | { readonly flipByteAt: number };

export class Meddler {
  readonly seen: Seen[] = [];
  /** What becomes of a request; may wait, or do something else first. */
  decide: (seen: Seen) => Fate | Promise<Fate> = () => 'forward';
  /** Where the server is, once it is there: it wants to know our address first. */
  target = '';
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((incoming, outgoing) => void this.#handle(incoming, outgoing));
  }

  static async listen(): Promise<Meddler> {
    const proxy = new Meddler();
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Forgets what was seen and decided. */
  reset(): void {
    this.seen.length = 0;
    this.decide = () => 'forward';
  }

  countOf(method: string, path: RegExp): number {
    return this.seen.filter((one) => one.method === method && path.test(one.path)).length;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const seen = {
      method: incoming.method ?? '',
      path: incoming.url?.split('?')[0] ?? '',
      headers: incoming.headers,
    };
    this.seen.push(seen);
    const fate = await this.decide(seen);
    if (fate === 'cut') return void incoming.socket.destroy();
    if (typeof fate === 'object' && 'shortenTo' in fate && rangeStart(seen) >= fate.shortenTo) {
      return void outgoing.writeHead(416, { 'content-range': `bytes */${fate.shortenTo}` }).end();
    }
    if (typeof fate === 'object' && 'status' in fate) {
      incoming.resume();
      return void outgoing.writeHead(fate.status, fate.headers).end(fate.body);
    }
    this.#forward(incoming, outgoing, fate);
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse, fate: Exclude<Fate, 'cut'>): void {
    const url = new URL(incoming.url ?? '/', this.target);
    const onward = request(
      url,
      { method: incoming.method ?? 'GET', headers: incoming.headers },
      (answer) => {
        if (fate === 'lose-answer') {
          answer.resume();
          answer.on('end', () => incoming.socket.destroy());
          return;
        }
        const shorter = typeof fate === 'object' &&
          'shortenTo' in fate && { 'content-length': fate.shortenTo };
        outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...shorter });
        answer.on('error', () => outgoing.destroy());
        sendBody(answer, outgoing, fate);
      },
    );
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }
}

function rangeStart({ headers }: Seen): number {
  return Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
}

function sendFirst(answer: IncomingMessage, outgoing: ServerResponse, bytes: number): void {
  let left = bytes;
  answer.on('data', (chunk: Buffer) => {
    if (left > 0) outgoing.write(chunk.subarray(0, left));
    left -= chunk.length;
  });
  answer.on('end', () => outgoing.end());
}

function sendBody(answer: IncomingMessage, outgoing: ServerResponse, fate: Fate): void {
  if (typeof fate !== 'object' || 'status' in fate) return void answer.pipe(outgoing);
  if ('shortenTo' in fate) return void sendFirst(answer, outgoing, fate.shortenTo);
  const mark = 'cutAfter' in fate ? fate.cutAfter : fate.flipByteAt;
  let sent = 0;
  answer.on('data', (chunk: Buffer) => {
    const at = mark - sent;
    sent += chunk.length;
    if (at < 0 || at >= chunk.length) return void outgoing.write(chunk);
    if ('cutAfter' in fate) {
      // What was written before is on its way when the connection breaks.
      outgoing.write(chunk.subarray(0, at), () => outgoing.destroy());
      answer.destroy();
      return;
    }
    const changed = Buffer.from(chunk);
    changed[at] = (changed[at] ?? 0) ^ 1;
    outgoing.write(changed);
  });
  answer.on('end', () => outgoing.end());
}
