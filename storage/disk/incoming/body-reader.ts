/** Reads the body of an upload, and can be told to stop while it waits for the next bytes. */
import { BodyFailure } from '../disk-errors.ts';

/** Where bytes come from: a stream, or anything that can be iterated. Who passes it closes it. */
export type ByteSource = AsyncIterable<Uint8Array | string>;

export class BodyReader {
  readonly #chunks: AsyncIterator<Uint8Array | string>;
  #stopped: { readonly reason: Error } | undefined;
  #rejectNext: ((reason: Error) => void) | undefined;

  constructor(body: ByteSource) {
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

  /** Lets whoever reads fail with `reason`, at once. */
  stop(reason: Error): void {
    this.#stopped ??= { reason };
    this.#rejectNext?.(reason);
  }

  throwIfStopped(): void {
    if (this.#stopped !== undefined) throw this.#stopped.reason;
  }
}
