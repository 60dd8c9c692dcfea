/** Merges sorted streams into one sorted stream, whatever they contain. */

/**
 * @param sources each in the order of `keyOf`; a few only, because each step compares all of them
 */
export async function* mergeSorted<Value>(
  sources: readonly AsyncIterator<Value>[],
  keyOf: (value: Value) => string,
): AsyncGenerator<Value, void, void> {
  const started = await Promise.all(
    sources.map(async (source) => ({ source, head: await source.next() })),
  );
  const heads = started.flatMap(({ source, head }) =>
    head.done ? [] : [{ source, value: head.value }],
  );
  while (true) {
    const first = heads.reduce<(typeof heads)[number] | undefined>(
      (least, one) => (least !== undefined && keyOf(least.value) <= keyOf(one.value) ? least : one),
      undefined,
    );
    if (first === undefined) return;
    yield first.value;
    const next = await first.source.next();
    if (next.done) heads.splice(heads.indexOf(first), 1);
    else first.value = next.value;
  }
}
