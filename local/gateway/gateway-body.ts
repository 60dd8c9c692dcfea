/**
 * The body of a request as an iterator with back-pressure and an idle limit. The connection stays
 * open when the reader stops early.
 */
import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../../core/errors.ts';
import { freeMemory } from '../../storage/buffers.ts';

const MAX_QUEUED_BYTES = 64 * 1024;

export class GatewayBody implements AsyncIterableIterator<Uint8Array> {
  /** How many bytes have arrived. */
  received = 0;
  readonly #request: IncomingMessage;
  readonly #idleMs: number;
  readonly #queue: Buffer[] = [];
  #queuedBytes = 0;
  #ended = false;
  #failure: ServiceError | undefined;
  #waiting: PromiseWithResolvers<IteratorResult<Uint8Array>> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(request: IncomingMessage, idleSeconds: number) {
    this.#request = request;
    this.#idleMs = idleSeconds * 1000;
    if (request.destroyed) this.#onClose();
    request
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('error', this.#onError)
      .on('close', this.#onClose);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @throws INVALID_INPUT when no byte comes within the idle limit or the connection breaks */
  next(): Promise<IteratorResult<Uint8Array>> {
    const waiting = Promise.withResolvers<IteratorResult<Uint8Array>>();
    this.#waiting = waiting;
    this.#settle();
    if (this.#waiting !== undefined) {
      this.#timer ??= setTimeout(this.#onIdle, this.#idleMs);
      this.#timer.refresh();
      this.#request.resume();
    }
    return waiting.promise;
  }

  /** Node makes a buffer for each 64 KiB that arrive. */
  giveBack(chunk: Uint8Array): void {
    freeMemory(chunk);
  }

  /** The reader stops early. Whatever still arrives is left for others to read. */
  release(): void {
    clearTimeout(this.#timer);
    this.#request
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('error', this.#onError)
      .off('close', this.#onClose);
  }

  /** Gives the waiting reader what has arrived. */
  #settle(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const chunk = this.#queue.shift();
    if (chunk !== undefined) {
      this.#queuedBytes -= chunk.length;
      waiting.resolve({ done: false, value: chunk });
    } else if (this.#failure !== undefined) {
      waiting.reject(this.#failure);
    } else if (this.#ended) {
      waiting.resolve({ done: true, value: undefined });
    } else {
      return;
    }
    this.#waiting = undefined;
  }

  #fail(reason: ServiceError): void {
    this.#failure ??= reason;
    this.#settle();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.received += chunk.length;
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    this.#settle();
    if (this.#queuedBytes >= MAX_QUEUED_BYTES) this.#request.pause();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#settle();
  };

  readonly #onError = (cause: unknown): void => {
    this.#fail(
      new ServiceError('INVALID_INPUT', 'the connection broke before the body was whole', {
        cause,
      }),
    );
  };

  readonly #onClose = (): void => {
    if (!this.#ended)
      this.#fail(
        new ServiceError('INVALID_INPUT', 'the connection closed before the body was whole'),
      );
  };

  /** Time counts only while the reader waits, not while a slow disk delays it. */
  readonly #onIdle = (): void => {
    if (this.#waiting === undefined) return;
    this.#fail(
      new ServiceError('INVALID_INPUT', `no byte came for ${this.#idleMs / 1000} s, send again`),
    );
  };
}
