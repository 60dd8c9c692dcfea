/** A stream worked on several at once: bounded, whole, and over when it says so. */
import { describe, expect, test } from '@jest/globals';
import { inParallel } from '../../../core/migrate/in-parallel.ts';
import { collect } from './moving-world.ts';

async function* numbers(count: number, drawn: number[] = []): AsyncGenerator<number, void, void> {
  for (let n = 0; n < count; n++) {
    drawn.push(n);
    yield n;
  }
}

function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('inParallel', () => {
  test('gives every result once, as they come', async () => {
    const gates = Array.from({ length: 3 }, gate);
    const results = inParallel(numbers(3), 3, async (n) => {
      await gates[n]?.opened;
      return n;
    });

    const got: (number | undefined)[] = [];
    for (const n of [2, 0, 1]) {
      gates[n]?.open();
      got.push((await results.next()).value ?? undefined);
    }

    expect(got).toEqual([2, 0, 1]);
    expect((await results.next()).done).toBe(true);
  });

  test('never works on more at once than it may, and draws no item before its turn', async () => {
    const drawn: number[] = [];
    let [underWay, most] = [0, 0];
    const work = async (n: number) => {
      underWay += 1;
      most = Math.max(most, underWay);
      expect(drawn.length).toBeLessThanOrEqual(n + 4);
      await new Promise<void>((resolve) => setImmediate(resolve));
      underWay -= 1;
      return n;
    };

    const got = await collect(inParallel(numbers(100, drawn), 4, work));

    expect(most).toBe(4);
    expect([...got].sort((a, b) => a - b)).toEqual(drawn);
  });

  test('what work throws ends it, when the others have ended', async () => {
    const slow = gate();
    let hasEnded = false;
    const work = async (n: number) => {
      if (n === 0) throw new Error('broken');
      await slow.opened;
      hasEnded = true;
      return n;
    };

    const all = collect(inParallel(numbers(2), 2, work));
    setImmediate(slow.open);

    await expect(all).rejects.toThrow('broken');
    expect(hasEnded).toBe(true);
  });

  test('what the stream throws is thrown, when the others have ended', async () => {
    async function* breaking() {
      yield 1;
      throw new Error('no more of a list');
    }
    let ended = 0;

    const all = collect(inParallel(breaking(), 2, async (n) => (ended += n)));

    await expect(all).rejects.toThrow('no more of a list');
    expect(ended).toBe(1);
  });

  test('a caller that stops reading ends the stream, too', async () => {
    let isClosed = false;
    async function* endless() {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        isClosed = true;
      }
    }

    for await (const n of inParallel(endless(), 2, async (each) => each)) if (n > 10) break;

    expect(isClosed).toBe(true);
  });

  test('once stopped begins with nothing, and gives what was under way', async () => {
    const stopping = new AbortController();
    const drawn: number[] = [];
    const work = async (n: number) => {
      if (n === 1) stopping.abort();
      return n;
    };

    const got = await collect(inParallel(numbers(100, drawn), 2, work, stopping.signal));

    expect([...got].sort()).toEqual([0, 1]);
    expect(drawn).toEqual([0, 1]);
  });
});
