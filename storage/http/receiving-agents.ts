/**
 * HTTP agents for large responses. By default, Node makes two buffers for every 64 KiB that arrive,
 * one for the socket and one for the body, and V8 collects them only after some hundred megabytes.
 * With these agents, a socket reads into one buffer again and again, and pieces of a body that are
 * given back are freed at once (decision 18).
 */
import type { Agent, AgentOptions } from 'node:http';
import type { Agent as AgentOfHttps } from 'node:https';
import type { OnReadOpts, Socket } from 'node:net';
import { freeMemory } from '../buffers.ts';
import { HttpAgent, HttpsAgent } from './node-http.ts';

const PLAIN_BYTES = 128 * 1024;
/**
 * TLS passes on one record at a time, and a record is no longer:
 * https://www.rfc-editor.org/rfc/rfc8446#section-5.1
 */
const TLS_BYTES = 16 * 1024;
/** Pieces this long show whether the parser copies. Shorter ones may be copied anyway. */
const LONG_BYTES = 4 * 1024;

export class ReceivingAgents {
  readonly http: Agent;
  readonly https: AgentOfHttps;
  /** Buffers that sockets passed on while it was not known whether the parser copies. */
  readonly #handedOn = new WeakSet<ArrayBufferLike>();
  /**
   * Whether the HTTP parser copies bytes from the socket's buffer into the body. It does, but
   * nothing promises that, so no buffer is reused before a copy was seen.
   */
  #parserCopies = false;

  constructor(options: AgentOptions) {
    this.http = new PlainAgent(this, options);
    this.https = new TlsAgent(this, options);
  }

  /** Frees the memory of a piece of a body. The caller must not read it again. */
  giveBack(piece: Uint8Array): void {
    if (this.#handedOn.has(piece.buffer)) return;
    this.#parserCopies ||= piece.length >= LONG_BYTES;
    freeMemory(piece);
  }

  /** Opens a socket that reuses one buffer as far as it can. */
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
      // The piece still waits in the socket, so its buffer cannot be reused.
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

  override createConnection(...[options, connected]: Parameters<AgentOfHttps['createConnection']>) {
    return this.#agents.connect(TLS_BYTES, (onread) =>
      super.createConnection({ ...options, ...onread }, connected),
    );
  }
}
