/** The body of an API request: not a byte of it is read until a handler asks, which it does once it knows the caller. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServiceError } from '../../core/errors.ts';
import { MAX_BODY_BYTES } from '../../service/chain/json-body.ts';
import type { EventBody } from '../../service/host/handler.ts';
import { freeMemory } from '../../storage/free-memory.ts';
import type { Memory } from './body-memory.ts';
import { eventBodyOf } from './event-adapter.ts';

/** How long a body that fits into memory may take to come in. */
const MAX_MS = 60_000;

const NOTHING: EventBody = { isBase64Encoded: false };

/** Whether the message has a body at all (RFC 9112 section 6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

export class RequestBody {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #memory: Memory;
  #heldBack: boolean;
  /** What has come in: the first `#length` bytes. */
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(request: IncomingMessage, response: ServerResponse, memory: Memory) {
    this.#request = request;
    this.#response = response;
    this.#memory = memory;
    this.#heldBack = request.headers.expect?.toLowerCase() === '100-continue';
    // What has not been asked for stays with the system, which has the client wait.
    request.socket.pause();
  }

  /** Whether the client waits for a 100 that has not been sent, and need not send its body (RFC 9110 section 10.1.1). */
  get isHeldBack(): boolean {
    return this.#heldBack;
  }

  /**
   * Of a body with more than MAX_BODY_BYTES comes nothing where its length was declared, and that much and one byte where it was not,
   * so that it is the operation that refuses it; the rest is left with the request.
   * @throws INVALID_INPUT where it does not come within a minute, or the client leaves; UNAVAILABLE where all memory for bodies is taken
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

  /** What was read is needed no more. Repeatable. */
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

  /** Copies: a piece of few bytes would keep a large buffer of the connection. @throws UNAVAILABLE */
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
