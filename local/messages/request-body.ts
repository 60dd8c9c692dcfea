/** The body of an API request. It is not read before the handler has authenticated the caller. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServiceError } from '../../core/errors.ts';
import { MAX_BODY_BYTES } from '../../service/chain/json-body.ts';
import type { EventBody } from '../../service/host/handler.ts';
import { freeMemory } from '../../storage/buffers.ts';
import type { Memory } from './body-memory.ts';
import { eventBodyOf } from './event-adapter.ts';

/** How long a body may take to arrive. */
const MAX_MS = 60_000;

const NOTHING: EventBody = { isBase64Encoded: false };

/** Whether the request has a body (RFC 9112 section 6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

export class RequestBody {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #memory: Memory;
  #heldBack: boolean;
  /** The first `#length` bytes have arrived. */
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(request: IncomingMessage, response: ServerResponse, memory: Memory) {
    this.#request = request;
    this.#response = response;
    this.#memory = memory;
    this.#heldBack = request.headers.expect?.toLowerCase() === '100-continue';
    // Unread bytes stay with the system, which makes the client wait. Node reads on at the end of
    // this request: if that has come already, the connection would stay paused.
    if (!request.complete) request.socket.pause();
  }

  /** Whether the client still waits for a 100 before it sends (RFC 9110 section 10.1.1). */
  get isHeldBack(): boolean {
    return this.#heldBack;
  }

  /**
   * Reads the body. The operation refuses a body of more than MAX_BODY_BYTES, so nothing is read of
   * it if it declared its length, else one byte more than that.
   * @throws INVALID_INPUT when it takes more than a minute or the client leaves, UNAVAILABLE when
   *   the memory for bodies is used up
   */
  async receive(): Promise<EventBody> {
    const { headers } = this.#request;
    if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) return NOTHING;
    if (this.#heldBack) this.#response.writeContinue();
    this.#heldBack = false;
    await this.#collect();
    const whole = this.#bytes.subarray(0, Math.min(this.#length, MAX_BODY_BYTES + 1));
    return eventBodyOf(whole, headers['content-type']);
  }

  /** Frees the memory of the body. Repeatable. */
  release(): void {
    this.#memory.giveBack(this.#bytes.length);
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
  }

  #collect(): Promise<void> {
    const request = this.#request;
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
        act();
      };
      const stop = (error: unknown) => {
        request.pause();
        settle(() => reject(error));
      };
      const onData = (chunk: Buffer) => {
        try {
          this.#add(chunk);
        } catch (error) {
          return stop(error);
        }
        if (this.#length <= MAX_BODY_BYTES) return;
        request.pause();
        settle(resolve);
      };
      const onEnd = () => settle(resolve);
      const onGone = () =>
        settle(() => reject(invalid('the connection closed before the body was whole')));
      const onLate = () =>
        stop(
          invalid(
            `the body must arrive within ${MAX_MS / 1000} s, got ${this.#length} bytes of it`,
          ),
        );
      const timer = setTimeout(onLate, MAX_MS);
      request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
    });
  }

  /** Copies, because a small piece would keep a large buffer in memory. @throws UNAVAILABLE */
  #add(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) {
      const size = Math.max(length, 2 * this.#bytes.length);
      this.#memory.take(size - this.#bytes.length);
      const larger = Buffer.allocUnsafeSlow(size);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, this.#length);
    freeMemory(chunk);
    this.#length = length;
  }
}

function invalid(message: string): ServiceError {
  return new ServiceError('INVALID_INPUT', message);
}
