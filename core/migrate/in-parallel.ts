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
  const underWay = new Map<number, Promise<{ readonly id: number; readonly result: Result }>>();
  const iterator = items[Symbol.asyncIterator]();
  let ids = 0;
  let isDone = false;
  try {
    for (;;) {
      while (!isDone && underWay.size < concurrency && signal?.aborted !== true) {
        const next = await iterator.next();
        isDone = next.done === true;
        if (next.done === true) break;
        const id = ids++;
        const working = work(next.value).then((result) => ({ id, result }));
        // Whoever races for it hears of a failure; without this line it would also count as unheard.
        working.catch(() => undefined);
        underWay.set(id, working);
      }
      if (underWay.size === 0) return;
      const { id, result } = await Promise.race(underWay.values());
      underWay.delete(id);
      yield result;
    }
  } finally {
    await Promise.allSettled(underWay.values());
    await iterator.return?.();
  }
}
