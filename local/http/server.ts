/** The HTTP server: listens, passes requests on, and lets requests in flight end when it stops. */

import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ServiceError } from '../../core/errors.ts';
import { errnoOf } from '../../storage/file-system.ts';
import { Connections } from '../messages/connections.ts';
import type { Listener } from './api-listener.ts';

export interface Address {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

export interface ServerLimits {
  /** How long a client may stop reading its answer. @default 60000 */
  readonly unreadMs?: number;
  /** The most open connections. A quarter of them may wait for their clients. @default 4096 */
  readonly maxConnections?: number;
  /** How long a client may take to send all headers of a request. @default 30000 */
  readonly headersMs?: number;
}

const UNREAD_MS = 60_000;
/** Longer than the idle time of common proxies, so that the proxy closes the connection first. */
const KEEP_ALIVE_MS = 65_000;
const HEADERS_MS = 30_000;
const MAX_CONNECTIONS = 4096;
/** The share of the connections that may be waiting for their clients. */
const WAITING_SHARE = 1 / 4;
/** How often a stopping server looks for idle connections to close. */
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
      // A slow upload may go on as long as bytes arrive: the readers of bodies set their limits.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
    });
    const inFlight = this.#inFlight;
    function forget(this: ServerResponse): void {
      inFlight.delete(this);
      connections.end(this.req.socket);
    }
    function giveUpStream(this: ServerResponse): void {
      giveUpUnread(this, unreadMs);
    }
    const answer: Listener = async (request, response) => {
      if (!connections.begin(request.socket)) return;
      inFlight.add(response);
      // One function for all answers: a closure for each would cost more.
      response.on('close', forget);
      if (this.#stopping !== undefined) response.shouldKeepAlive = false;
      // Streams are watched from their beginning, other answers if the system did not take all.
      response.on('pipe', giveUpStream);
      await listener(request, response);
      if (response.writableLength > 0) giveUpUnread(response, unreadMs);
    };
    this.#server
      .on('request', answer)
      .on('checkContinue', answer)
      .on('connection', (socket: Socket) => connections.add(socket));
  }

  /** @throws UNAVAILABLE that names PORT or HOST, when the address cannot be used */
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

  /**
   * Listens on a socket of this machine alone. `take` gives it further connections.
   * @param path of the socket, in a folder that only this user may enter
   */
  static async listenAt(
    path: string,
    listener: Listener,
    limits: ServerLimits = {},
  ): Promise<LocalServer> {
    const local = new LocalServer(listener, limits);
    local.#server.listen(path);
    await once(local.#server, 'listening');
    return local;
  }

  /** Answers a connection that another server accepted, from which nothing was read. */
  take(socket: Socket): void {
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    this.#server.emit('connection', socket);
    socket.resume();
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections were closed because there were too many. */
  get droppedConnections(): number {
    return this.#connections.dropped;
  }

  /**
   * Accepts no more connections and lets requests in flight end, up to `graceMs`. Settles when
   * every connection is closed. Repeatable.
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
    // Node counts connections without a request (browsers open some in advance) as busy.
    for (const socket of this.#connections.sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}

/** Closes a connection without progress: a client that never reads would keep a file open. */
function giveUpUnread(response: ServerResponse, ms: number): void {
  response.setTimeout(ms, () => response.destroy());
}

export function listenError(error: Error, { host, port }: Address): Error {
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
