/** Works on a stream of items, several at a time, and yields the results as they come. */

/**
 * Takes no more items than it works on. If `work` throws, it waits for the other items, then throws
 * the error.
 * @param signal once aborted, no item is begun; those in progress end
 */
export async function* inParallel<Item, Result>(
  items: AsyncIterable<Item>,
  concurrency: number,
  work: (item: Item) => Promise<Result>,
  signal?: AbortSignal,
): AsyncGenerator<Result, void, void> {
  const iterator = items[Symbol.asyncIterator]();
  const arrivals = new Arrivals<Result>();
  try {
    for (;;) {
      while (arrivals.expected < concurrency && signal?.aborted !== true) {
        const next = await iterator.next();
        if (next.done === true) break;
        arrivals.expect(work(next.value));
      }
      if (arrivals.expected === 0) return;
      yield* await arrivals.some();
    }
  } finally {
    await arrivals.rest();
    await iterator.return?.();
  }
}

/**
 * Results in the order in which they arrive. It does not use Promise.race, because each race would
 * add another listener to the slowest promise.
 */
class Arrivals<Result> {
  readonly #underWay = new Set<Promise<void>>();
  #arrived: Result[] = [];
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  /** In progress, or arrived and not yet taken. */
  get expected(): number {
    return this.#underWay.size + this.#arrived.length + (this.#failure === undefined ? 0 : 1);
  }

  expect(promise: Promise<Result>): void {
    const settled: Promise<void> = promise
      .then(
        (result) => void this.#arrived.push(result),
        (error) => {
          this.#failure ??= { error };
        },
      )
      .finally(() => {
        this.#underWay.delete(settled);
        this.#wake();
      });
    this.#underWay.add(settled);
  }

  /** At least one result. @throws what a promise was rejected with */
  async some(): Promise<readonly Result[]> {
    if (this.#arrived.length === 0 && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const arrived = this.#arrived;
    if (arrived.length === 0 && this.#failure !== undefined) throw this.#failure.error;
    this.#arrived = [];
    return arrived;
  }

  /** Resolves when nothing is in progress. */
  async rest(): Promise<void> {
    await Promise.all(this.#underWay);
  }
}
