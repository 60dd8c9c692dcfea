/** What a page and its hashing worker send each other, and the gate that keeps the worker in step. */

/** To the worker. `upTo`: the last part that it may hash for now. */
export type ToWorker =
  | { readonly kind: 'start'; readonly file: Blob; readonly partSize: number }
  | { readonly kind: 'allow'; readonly upTo: number };

/** From the worker. */
export type FromWorker =
  | { readonly kind: 'part'; readonly partNumber: number; readonly sha256: string }
  | { readonly kind: 'bytes'; readonly bytes: number }
  | { readonly kind: 'whole'; readonly sha256: string }
  | { readonly kind: 'failed'; readonly message: string };

/** Parts that may be hashed; the limit only rises. */
export class Gate {
  #upTo = 0;
  #opened = Promise.withResolvers<void>();

  allow(upTo: number): void {
    if (upTo <= this.#upTo) return;
    this.#upTo = upTo;
    this.#opened.resolve();
    this.#opened = Promise.withResolvers();
  }

  async pass(partNumber: number): Promise<void> {
    while (partNumber > this.#upTo) await this.#opened.promise;
  }
}
