/** The one HTTP server: listens, hands requests on, and stops without cutting off what is in flight. Knows nothing of what is served. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ServiceError } from '../../core/errors.ts';
import { Connections } from '../messages/connections.ts';
import { errnoOf } from '../start/file-faults.ts';
import type { Listener } from './api-listener.ts';

export interface Address {
  readonly host: string;
  /** 0 = any. */
  readonly port: number;
}

export interface ServerLimits {
  /** How long a client may take nothing of an answer that is there for it. @default 60000 */
  readonly unreadMs?: number;
  /** Connections at the same time; on a quarter of them the server may wait for its client. @default 4096 */
  readonly maxConnections?: number;
  /** How long a client may take to begin a request and to send all its headers. @default 30000 */
  readonly headersMs?: number;
}

const UNREAD_MS = 60_000;
/** Longer than the idle time of usual proxies in front of us, so that it is they who close. */
const KEEP_ALIVE_MS = 65_000;
const HEADERS_MS = 30_000;
const MAX_CONNECTIONS = 4096;
/** Part of the connections on which nothing need be under way. */
const WAITING_SHARE = 1 / 4;
/** How often a server that stops looks for connections on which nothing is under way any more. */
const CLOSE_IDLE_EVERY_MS = 50;

export class LocalServer {
  readonly #server: Server;
  readonly #connections: Connections;
  readonly #inFlight = new Set<ServerResponse>();
  #stopping: Promise<void> | undefined;

  private constructor(listener: Listener, limits: ServerLimits) {
    const {
      unreadMs = UNREAD_MS,
      maxConnections = MAX_CONNECTIONS,
      headersMs = HEADERS_MS,
    } = limits;
    const connections = new Connections({
      maxOpen: maxConnections,
      maxWaiting: Math.ceil(maxConnections * WAITING_SHARE),
    });
    this.#connections = connections;
    this.#server = createServer({
      headersTimeout: headersMs,
      connectionsCheckingInterval: headersMs / 6,
      // An upload may take as long as it moves: who reads a body has limits of their own.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
    });
    const answer: Listener = async (request, response) => {
      const { socket } = request;
      if (!connections.begin(socket)) return;
      this.#inFlight.add(response);
      response.once('close', () => {
        this.#inFlight.delete(response);
        connections.end(socket);
      });
      if (this.#stopping !== undefined) response.shouldKeepAlive = false;
      // What is streamed is limited from its beginning, what is written at once where the system did not take it all.
      response.once('pipe', () => giveUpUnread(response, unreadMs));
      await listener(request, response);
      if (response.writableLength > 0) giveUpUnread(response, unreadMs);
    };
    this.#server
      .on('request', answer)
      .on('checkContinue', answer)
      .on('connection', (socket: Socket) => connections.add(socket));
  }

  /** @throws UNAVAILABLE that names PORT or HOST, where the address can't be had */
  static listen(
    address: Address,
    listener: Listener,
    limits: ServerLimits = {},
  ): Promise<LocalServer> {
    const local = new LocalServer(listener, limits);
    const { promise, resolve, reject } = Promise.withResolvers<LocalServer>();
    const refuse = (error: Error) => reject(listenError(error, address));
    local.#server.once('error', refuse);
    local.#server.listen(address.port, address.host, () => {
      local.#server.off('error', refuse);
      resolve(local);
    });
    return promise;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that were closed because there were too many. */
  get droppedConnections(): number {
    return this.#connections.dropped;
  }

  /**
   * Takes no more connections, and lets what is in flight end; what has not ended after `graceMs` is cut off. Settles when every
   * connection is closed. Repeatable.
   */
  stop(graceMs: number): Promise<void> {
    this.#stopping ??= this.#stop(graceMs);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const response of this.#inFlight) response.shouldKeepAlive = false;
    const idle = setInterval(() => this.#closeIdle(), CLOSE_IDLE_EVERY_MS);
    const force = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await closed;
    clearInterval(idle);
    clearTimeout(force);
  }

  #closeIdle(): void {
    this.#server.closeIdleConnections();
    // Node counts connections on which nothing has come yet (browsers open some in advance) as busy.
    for (const socket of this.#connections.sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}

/** Closes the connection where nothing moves on it for so long: somebody who never reads would hold it, and a file, for ever. */
function giveUpUnread(response: ServerResponse, ms: number): void {
  response.setTimeout(ms, () => response.destroy());
}

function listenError(error: Error, { host, port }: Address): Error {
  switch (errnoOf(error)) {
    case 'EADDRINUSE':
      return unavailable(
        `PORT ${port} of HOST ${host} is taken; stop what listens there, or set PORT to another (0 for any)`,
        error,
      );
    case 'EACCES':
      return unavailable(
        `PORT ${port} of HOST ${host} may not be used by this user; set PORT to 1024 or higher`,
        error,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return unavailable(
        `HOST ${host} is no address of this machine; set HOST to 127.0.0.1, to 0.0.0.0 for all, or to one that it has`,
        error,
      );
    default:
      return error;
  }
}

function unavailable(message: string, cause: Error): ServiceError {
  return new ServiceError('UNAVAILABLE', message, { cause });
}
