/** Keeps the number of connections within bounds: where there are too many, one closes on which the server waits for its client. */
import type { Socket } from 'node:net';
import { addressGroup } from '../../core/access/address-group.ts';

export interface ConnectionLimits {
  /** Connections at the same time. */
  readonly maxOpen: number;
  /** Of these, connections on which the server waits for a request, or for the rest of one that has been answered. */
  readonly maxWaiting: number;
}

/** Requests that a client may send on a connection before the first is answered. */
const MAX_PIPELINED = 100;

interface Connection {
  readonly group: string;
  /** Requests that are not answered. */
  pending: number;
}

const ownerOf = new WeakMap<Socket, Connections>();

/** The request on this connection is answered, and its body is still coming: the connection may be closed for others. */
export function waitForRest(socket: Socket): void {
  ownerOf.get(socket)?.waitForRest(socket);
}

export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #open = new Map<Socket, Connection>();
  /** Those that are answered and go on sending; nobody misses them. */
  readonly #sending = new Set<Socket>();
  /** All others, by group of addresses; within it, those that have waited longest first. */
  readonly #waiting = new Map<string, Set<Socket>>();
  #waitingCount = 0;
  #dropped = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** All that are open. */
  get sockets(): Iterable<Socket> {
    return this.#open.keys();
  }

  /** How many were closed because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  add(socket: Socket): void {
    this.#open.set(socket, { group: addressGroup(socket.remoteAddress ?? ''), pending: 0 });
    ownerOf.set(socket, this);
    socket.once('close', () => this.#remove(socket));
    this.#wait(socket);
  }

  /** A request has come. @returns false where the client has sent too many at once; the connection is closed then */
  begin(socket: Socket): boolean {
    const connection = this.#open.get(socket);
    if (connection === undefined) return false;
    if (connection.pending >= MAX_PIPELINED) {
      this.#drop(socket);
      return false;
    }
    if (connection.pending++ === 0) this.#stopWaiting(socket, connection.group);
    return true;
  }

  /** A request is over. */
  end(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined && --connection.pending === 0) this.#wait(socket);
  }

  waitForRest(socket: Socket): void {
    if (!this.#open.has(socket)) return;
    this.#sending.add(socket);
    this.#keepWithin();
  }

  #wait(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    const { group } = connection;
    const others = this.#waiting.get(group);
    if (others?.has(socket)) return;
    if (others === undefined) this.#waiting.set(group, new Set([socket]));
    else others.add(socket);
    this.#waitingCount++;
    this.#keepWithin();
  }

  #keepWithin(): void {
    const { maxOpen, maxWaiting } = this.#limits;
    if (this.#open.size > maxOpen || this.#waitingCount + this.#sending.size > maxWaiting)
      this.#dropOne();
  }

  /** One that is answered, or else of the address with most of them the connection that has waited longest. */
  #dropOne(): void {
    let most = this.#sending;
    if (most.size > 0) {
      this.#dropFirst(most);
      return;
    }
    for (const sockets of this.#waiting.values()) if (sockets.size > most.size) most = sockets;
    this.#dropFirst(most);
  }

  #dropFirst(sockets: Set<Socket>): void {
    const [first] = sockets;
    if (first !== undefined) this.#drop(first);
  }

  #drop(socket: Socket): void {
    this.#dropped++;
    this.#remove(socket);
    socket.destroy();
  }

  #remove(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    this.#stopWaiting(socket, connection.group);
    this.#sending.delete(socket);
    this.#open.delete(socket);
  }

  #stopWaiting(socket: Socket, group: string): void {
    const sockets = this.#waiting.get(group);
    if (sockets?.delete(socket) !== true) return;
    this.#waitingCount--;
    if (sockets.size === 0) this.#waiting.delete(group);
  }
}
