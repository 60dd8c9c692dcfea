/**
 * Reads the body of an upload. It can be stopped from outside while it waits for the next bytes.
 */
import { BodyFailure } from '../tree/errors.ts';

/** A stream, or anything else that yields bytes. The code that passes it also closes it. */
export interface ByteSource extends AsyncIterable<Uint8Array | string> {
  /** Called when these bytes are no longer used, so that their memory can be freed. */
  giveBack?(bytes: Uint8Array): void;
}

export class BodyReader {
  readonly #body: ByteSource;
  readonly #chunks: AsyncIterator<Uint8Array | string>;
  #stopped: { readonly reason: Error } | undefined;
  #rejectNext: ((reason: Error) => void) | undefined;

  constructor(body: ByteSource) {
    this.#body = body;
    this.#chunks = body[Symbol.asyncIterator]();
  }

  /**
   * @returns the next bytes; undefined at the end
   * @throws BodyFailure when the source fails; the reason given to `stop` when it was called
   */
  next(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#stopped !== undefined) return reject(this.#stopped.reason);
      this.#rejectNext = reject;
      this.#chunks.next().then(
        ({ done, value }) => {
          if (done === true) resolve(undefined);
          else resolve(typeof value === 'string' ? Buffer.from(value) : value);
        },
        (cause: unknown) => reject(new BodyFailure('the body of an upload broke off', { cause })),
      );
    });
  }

  /** Returns bytes to the source when they are no longer used. */
  giveBack(bytes: Uint8Array): void {
    this.#body.giveBack?.(bytes);
  }

  /** Makes the pending `next`, and all later ones, fail with `reason` at once. */
  stop(reason: Error): void {
    this.#stopped ??= { reason };
    this.#rejectNext?.(reason);
  }

  throwIfStopped(): void {
    if (this.#stopped !== undefined) throw this.#stopped.reason;
  }
}
