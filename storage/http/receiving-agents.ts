/**
 * Agents for large answers. As it is, Node makes two buffers for every 64 KiB that arrive, one for the socket and one for the body, and
 * V8 collects them when there are some hundred megabytes. Here a socket reads into one buffer all its life, and pieces of a body that are
 * given back are freed at once (decision 18).
 */
import type { Agent, AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { OnReadOpts, Socket } from 'node:net';
import { freeMemory } from '../free-memory.ts';
import { HttpAgent } from './node-http.ts';

const PLAIN_BYTES = 128 * 1024;
/** TLS hands on one record at a time, which has no more: https://www.rfc-editor.org/rfc/rfc8446#section-5.1 */
const TLS_BYTES = 16 * 1024;
/** A piece from which it shows what becomes of others: what is shorter might be copied for its own sake. */
const LONG_BYTES = 4 * 1024;

export class ReceivingAgents {
  readonly http: Agent;
  readonly https: HttpsAgent;
  /** What sockets have handed on, as long as it is not known what becomes of it. */
  readonly #handedOn = new WeakSet<ArrayBufferLike>();
  /**
   * Whether the HTTP parser copies what it takes from a socket into a body. It does, but nothing promises that; so no buffer is read into
   * again before that was seen.
   */
  #parserCopies = false;

  constructor(options: AgentOptions) {
    this.http = new PlainAgent(this, options);
    this.https = new TlsAgent(this, options);
  }

  /** Frees the memory of a piece of a body: nobody looks at it any more. */
  giveBack(piece: Uint8Array): void {
    if (this.#handedOn.has(piece.buffer)) return;
    this.#parserCopies ||= piece.length >= LONG_BYTES;
    freeMemory(piece);
  }

  /** Opens a socket that reads into one buffer, where it may. */
  connect<Made>(bytes: number, open: (options: { readonly onread: OnReadOpts }) => Made): Made {
    let memory = Buffer.allocUnsafeSlow(bytes);
    const callback = (length: number, read: Uint8Array): boolean => {
      const piece = Buffer.from(read.buffer, read.byteOffset, length);
      if (!this.#parserCopies) {
        const copy = Buffer.from(piece);
        this.#handedOn.add(copy.buffer);
        return socket.push(copy);
      }
      const goOn = socket.push(piece);
      // Nobody has taken it yet.
      if (socket.readableLength > 0) memory = Buffer.allocUnsafeSlow(bytes);
      return goOn;
    };
    const made = open({ onread: { buffer: () => memory, callback } });
    const socket = made as Socket;
    return made;
  }
}

class PlainAgent extends HttpAgent {
  readonly #agents: ReceivingAgents;

  constructor(agents: ReceivingAgents, options: AgentOptions) {
    super(options);
    this.#agents = agents;
  }

  override createConnection(...[options, connected]: Parameters<Agent['createConnection']>) {
    return this.#agents.connect(PLAIN_BYTES, (onread) =>
      super.createConnection({ ...options, ...onread }, connected),
    );
  }
}

class TlsAgent extends HttpsAgent {
  readonly #agents: ReceivingAgents;

  constructor(agents: ReceivingAgents, options: AgentOptions) {
    super(options);
    this.#agents = agents;
  }

  override createConnection(...[options, connected]: Parameters<HttpsAgent['createConnection']>) {
    return this.#agents.connect(TLS_BYTES, (onread) =>
      super.createConnection({ ...options, ...onread }, connected),
    );
  }
}
