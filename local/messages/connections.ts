/** Limits the number of connections: when there are too many, a waiting one is closed. */
import type { Socket } from 'node:net';
import { addressGroup } from '../../core/access/address-group.ts';

export interface ConnectionLimits {
  /** The most open connections. */
  readonly maxOpen: number;
  /** The most of them that wait for a request, or for the rest of one that has been answered. */
  readonly maxWaiting: number;
}

/** How many requests a client may send on a connection before the first is answered. */
const MAX_PIPELINED = 100;

interface Connection {
  readonly group: string;
  /** The number of unanswered requests. */
  pending: number;
}

const ownerOf = new WeakMap<Socket, Connections>();

/** Marks an answered connection whose body still arrives: it may be closed in favour of others. */
export function waitForRest(socket: Socket): void {
  ownerOf.get(socket)?.waitForRest(socket);
}

export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #open = new Map<Socket, Connection>();
  /** Answered connections that are still sending. They are the first to close. */
  readonly #sending = new Set<Socket>();
  /** The other waiting connections by group of addresses, the longest waiting first. */
  readonly #waiting = new Map<string, Set<Socket>>();
  #waitingCount = 0;
  #dropped = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** The number of open connections. */
  get sockets(): Iterable<Socket> {
    return this.#open.keys();
  }

  /** How many connections were closed because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  add(socket: Socket): void {
    this.#open.set(socket, { group: addressGroup(socket.remoteAddress ?? ''), pending: 0 });
    ownerOf.set(socket, this);
    socket.once('close', () => this.#remove(socket));
    this.#wait(socket);
  }

  /** Counts a new request. @returns false if the client sent too many, and was disconnected */
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

  /** Counts the end of a request. */
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

  /** An answered one, else the longest waiting one of the address group that has most of them. */
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
