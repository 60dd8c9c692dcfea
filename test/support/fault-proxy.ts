/**
 * A proxy before a real S3 server that spoils what a test names: it cuts connections midway, and
 * gives answers of its own.
 */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as open,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request on its way; `pass` sends it on to the server. */
interface Passing {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  pass(how?: PassOptions): void;
}

interface PassOptions {
  /** So many bytes of the body arrive at the server, then both connections break. */
  readonly bodyBytes?: number;
  /** So many bytes of the answer's body come back, then the connection breaks; with 0 not even its head does. */
  readonly answerBytes?: number;
  /** Added to the `Date` of the answer. */
  readonly dateShiftMs?: number;
  /** What comes back in the place of the answer's body. */
  readonly rewrite?: (body: string) => string;
  /** Take the place of those of the answer; names in lower case. */
  readonly answerHeaders?: Readonly<Record<string, string>>;
}

export type Fault = (passing: Passing) => void;

/** Which requests a rule means. What is left out means any. */
export interface Which {
  readonly method?: string;
  /** In the path and query as they are sent. */
  readonly url?: RegExp;
}

interface Rule extends Which {
  readonly fault: Fault;
  times: number;
}

export class FaultProxy {
  /** `METHOD path?query` in the order in which requests came, repeats included. */
  readonly seen: string[] = [];
  readonly #upstream: URL;
  readonly #server: Server;
  #rules: Rule[] = [];

  private constructor(upstream: string) {
    this.#upstream = new URL(upstream);
    this.#server = createServer((incoming, outgoing) => this.#take(incoming, outgoing));
  }

  static async start(upstream: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next `times` requests that are meant meet `fault`; rules count in the order in which they were given. */
  spoil(which: Which, fault: Fault, times = Number.POSITIVE_INFINITY): void {
    this.#rules.push({ ...which, fault, times });
  }

  /** From now on everything passes. */
  mend(): void {
    this.#rules = [];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = '', url = '' } = incoming;
    this.seen.push(`${method} ${url}`);
    const passing = {
      incoming,
      outgoing,
      pass: (how?: PassOptions) => this.#pass(incoming, outgoing, how),
    };
    const rule = this.#rules.find(
      (one) => one.times > 0 && (one.method ?? method) === method && (one.url?.test(url) ?? true),
    );
    if (rule !== undefined) rule.times -= 1;
    const meet: Fault = rule?.fault ?? (({ pass }) => pass());
    meet(passing);
  }

  /** Host and all other headers stay as they came, so that what was signed for us counts there. */
  #pass(incoming: IncomingMessage, outgoing: ServerResponse, how: PassOptions = {}): void {
    const { hostname, port } = this.#upstream;
    const { method, url, rawHeaders: headers } = incoming;
    const there = open({ hostname, port, method, path: url, headers, agent: false });
    const breakOff = () => {
      there.destroy();
      incoming.socket.destroy();
    };
    there.on('error', breakOff);
    outgoing.once('close', () => there.destroy());
    there.on('response', (answer) => relay(answer, outgoing, how, breakOff));
    if (how.bodyBytes === undefined) incoming.pipe(there);
    else after(incoming, how.bodyBytes, (chunk) => there.write(chunk), breakOff);
  }
}

function relay(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  how: PassOptions,
  breakOff: () => void,
): void {
  answer.on('error', breakOff);
  if (how.answerBytes === 0) {
    answer.resume().once('end', breakOff);
    return;
  }
  const date = Date.parse(answer.headers.date ?? '');
  const headers = answer.rawHeaders.flatMap((_, at, raw) =>
    at % 2 === 0 ? [[raw[at], raw[at + 1]] as const] : [],
  );
  outgoing.sendDate = false;
  for (const [name = '', value = ''] of headers) {
    const isDate = name.toLowerCase() === 'date' && how.dateShiftMs !== undefined;
    outgoing.appendHeader(
      name,
      isDate ? new Date(date + (how.dateShiftMs ?? 0)).toUTCString() : value,
    );
  }
  for (const [name, value] of Object.entries(how.answerHeaders ?? {}))
    outgoing.setHeader(name, value);
  if (how.rewrite !== undefined) {
    rewritten(answer, outgoing, how.rewrite);
    return;
  }
  outgoing.writeHead(answer.statusCode ?? 502);
  if (how.answerBytes === undefined) answer.pipe(outgoing);
  else after(answer, how.answerBytes, (chunk) => outgoing.write(chunk), breakOff);
}

function rewritten(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  rewrite: (body: string) => string,
): void {
  const chunks: Buffer[] = [];
  answer.on('data', (chunk: Buffer) => chunks.push(chunk));
  answer.once('end', () => {
    const body = Buffer.from(rewrite(Buffer.concat(chunks).toString()));
    outgoing.removeHeader('transfer-encoding');
    outgoing.setHeader('content-length', body.length);
    outgoing.writeHead(answer.statusCode ?? 502);
    outgoing.end(body);
  });
}

/** Hands on the first `bytes` of a stream, then calls `then`; also where it ends before that. */
function after(
  from: IncomingMessage,
  bytes: number,
  take: (chunk: Buffer) => void,
  then: () => void,
): void {
  let left = bytes;
  from.on('data', (chunk: Buffer) => {
    if (left <= 0) return;
    take(chunk.subarray(0, left));
    left -= chunk.length;
    // What was written must have left us, or nothing of it would arrive.
    if (left <= 0) setImmediate(then);
  });
  from.once('end', () => left > 0 && then());
}

/** The connection breaks after so many bytes of the request's body. */
export function resetsRequestAfter(bodyBytes: number): Fault {
  return ({ pass }) => pass({ bodyBytes });
}

/** The server does what it was asked, and the connection breaks after so many bytes of its answer's body; with 0 before its head. */
export function resetsAnswerAfter(answerBytes: number): Fault {
  return ({ pass }) => pass({ answerBytes });
}

/** The clock of the server is wrong by this much: answers have another Date. */
export function tellsTimeShiftedBy(dateShiftMs: number): Fault {
  return ({ pass }) => pass({ dateShiftMs });
}

/** An answer as S3 gives it where the server never sees the request; with `bodyBytes` after so many bytes of its body, while more are coming. */
export function says(
  status: number,
  code: string,
  more: { readonly bodyBytes?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Fault {
  return ({ incoming, outgoing }) => {
    const answer = () => {
      outgoing.writeHead(status, {
        'content-type': 'application/xml',
        connection: 'close',
        ...more.headers,
      });
      // HEAD has no body to say why: Node leaves it out.
      outgoing.end(
        `<?xml version="1.0"?><Error><Code>${code}</Code><Message>by the test</Message></Error>`,
      );
    };
    if (more.bodyBytes === undefined) incoming.resume().once('end', answer);
    else after(incoming, more.bodyBytes, () => {}, answer);
  };
}
