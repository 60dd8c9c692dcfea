/** Limits the memory that the bodies of all requests use together. */
import { ServiceError } from '../../core/errors.ts';

export interface Memory {
  /** @throws UNAVAILABLE when that much is not free */
  take(bytes: number): void;
  giveBack(bytes: number): void;
}

export class BodyMemory implements Memory {
  readonly #maxBytes: number;
  #taken = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  take(bytes: number): void {
    if (this.#taken + bytes > this.#maxBytes) {
      const message = `the bodies of requests take up all of the ${this.#maxBytes} bytes that they may have`;
      throw new ServiceError('UNAVAILABLE', message);
    }
    this.#taken += bytes;
  }

  giveBack(bytes: number): void {
    this.#taken -= bytes;
  }
}
