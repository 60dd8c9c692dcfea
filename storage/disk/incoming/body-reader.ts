/** Reads the body of an upload, and can be told to stop while it waits for the next bytes. */
import { BodyFailure } from '../tree/errors.ts';

/** Where bytes come from: a stream, or anything that can be iterated. Who passes it closes it. */
export interface ByteSource extends AsyncIterable<Uint8Array | string> {
  /** Is told that nobody looks at these bytes any more. */
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

  /** The next bytes; undefined at the end. @throws BodyFailure where the source fails, and the reason given to `stop` */
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

  /** Tells the source that these bytes are not looked at any more. */
  giveBack(bytes: Uint8Array): void {
    this.#body.giveBack?.(bytes);
  }

  /** Lets whoever reads fail with `reason`, at once. */
  stop(reason: Error): void {
    this.#stopped ??= { reason };
    this.#rejectNext?.(reason);
  }

  throwIfStopped(): void {
    if (this.#stopped !== undefined) throw this.#stopped.reason;
  }
}
