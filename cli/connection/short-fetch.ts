/**
 * A `fetch` for commands that send a few short requests. Node's own takes longer to load than such
 * a command takes to run.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { Fetch } from '../../client/transport.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What the client reads of an answer to a short request. */
interface Answer extends Pick<Response, 'ok' | 'status' | 'body'> {
  readonly headers: Pick<Headers, 'get'>;
}

/** A request as the client sends them; others go to the `fetch` of Node. */
interface ShortRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The limits of the `fetch` of Node. */
const CONNECT_MS = 10_000;
const IDLE_MS = 300_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Node's `fetch` can use these, so it is left to it. */
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'];

/** Fails as `fetch` does: with the reason of the signal, or a TypeError whose cause says why. */
export function shortFetch(env: Environment): Fetch {
  const hasProxy = PROXIES.some((name) => env[name]);
  return async (input, init = {}) => {
    const request = hasProxy ? undefined : shortRequest(input, init);
    if (request === undefined) return globalThis.fetch(input, init);
    try {
      return (await send(request)) as Response;
    } catch (cause) {
      if (request.signal?.aborted) throw request.signal.reason;
      throw new TypeError('fetch failed', { cause });
    }
  };
}

/** @returns undefined if it needs more than is done here */
function shortRequest(input: unknown, init: RequestInit): ShortRequest | undefined {
  const { method = 'GET', headers = {}, body, redirect, signal } = init;
  if (typeof input !== 'string' || redirect !== 'error') return undefined;
  if (Array.isArray(headers) || typeof headers['entries'] === 'function') return undefined;
  if (typeof body !== 'string' && body !== undefined) return undefined;
  return {
    url: input,
    method,
    headers: headers as Readonly<Record<string, string>>,
    body,
    signal: signal ?? undefined,
  };
}

function send({ url, method, headers, body, signal }: ShortRequest): Promise<Answer> {
  // An `import` of node:http would read all its exports, and some of them load Node's `fetch`.
  const http = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
  return new Promise((resolve, reject) => {
    const sending: ClientRequest = http.request(url, {
      method,
      headers: {
        'user-agent': 'node',
        'accept-encoding': 'gzip',
        'cache-control': 'no-cache',
        ...headers,
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      ...(signal === undefined ? {} : { signal }),
    });
    sending.on('error', reject);
    sending.once('response', (incoming) => {
      if (REDIRECTS.has(incoming.statusCode ?? 0)) {
        sending.destroy(new Error('unexpected redirect'));
      } else resolve(answerOf(incoming));
    });
    limitTime(sending);
    sending.end(body);
  });
}

function answerOf(incoming: IncomingMessage): Answer {
  const { statusCode: status = 0, headers } = incoming;
  const plain = headers['content-encoding'] === 'gzip' ? unpacked(incoming) : incoming;
  const body = Readable.toWeb(plain) as NodeReadableStream & Response['body'];
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: { get: (name) => headers[name.toLowerCase()]?.toString() ?? null },
    body,
  };
}

function unpacked(incoming: IncomingMessage): Readable {
  const { createGunzip } = process.getBuiltinModule('node:zlib');
  // An error of either one ends both, and reading the second reports it.
  return pipeline(incoming, createGunzip(), () => undefined);
}

function limitTime(sending: ClientRequest): void {
  const late = (what: string, milliseconds: number) =>
    sending.destroy(new Error(`no ${what} in ${milliseconds / 1000} seconds`));
  sending.setTimeout(IDLE_MS, () => late('byte', IDLE_MS));
  sending.once('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => late('connection', CONNECT_MS), CONNECT_MS);
    for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(timer));
  });
}
