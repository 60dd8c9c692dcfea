/** Works on a stream of items, several at once, and gives the results as they come. */

/**
 * Draws no more items than it works on. What `work` throws ends it; items under way are waited for before that is thrown.
 * @param signal once aborted, no item is begun any more; those under way end
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

/** What was promised, as it comes. Not by racing: each race would hang another listener on the slowest promise. */
class Arrivals<Result> {
  readonly #underWay = new Set<Promise<void>>();
  #arrived: Result[] = [];
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  /** Under way, or come and not yet asked for. */
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

  /** At least one. @throws what a promise was rejected with */
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

  /** Comes back when nothing is under way any more. */
  async rest(): Promise<void> {
    await Promise.all(this.#underWay);
  }
}
