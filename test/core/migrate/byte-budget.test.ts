/** The bound on bytes in memory: kept, fair, and no deadlock for what is larger than the bound. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteBudget } from '../../../core/migrate/copy/byte-budget.ts';

/** Whether it is given at once. */
async function isGiven(taking: Promise<() => void>): Promise<boolean> {
  let given = false;
  void taking.then(() => {
    given = true;
  });
  await new Promise<void>((resolve) => setImmediate(resolve));
  return given;
}

describe('ByteBudget', () => {
  test('gives what there is, and the rest when something comes back', async () => {
    const budget = new ByteBudget(100);
    const back = await budget.take(60);
    const second = budget.take(60);

    expect(await isGiven(second)).toBe(false);
    back();
    expect(await isGiven(second)).toBe(true);
  });

  test('what is larger than all of it is given when nothing else is out', async () => {
    const budget = new ByteBudget(100);
    const back = await budget.take(1);
    const large = budget.take(1000);

    expect(await isGiven(large)).toBe(false);
    back();
    expect(await isGiven(large)).toBe(true);
  });

  test('a large one that waits is not overtaken by small ones', async () => {
    const budget = new ByteBudget(100);
    const back = await budget.take(60);
    const large = budget.take(90);
    const small = budget.take(1);

    expect(await isGiven(small)).toBe(false);
    back();
    expect(await isGiven(large)).toBe(true);
    expect(await isGiven(small)).toBe(true);
  });

  test('what is given back twice counts once', async () => {
    const budget = new ByteBudget(100);
    const [one] = [await budget.take(50), await budget.take(50)];
    one();
    one();

    expect(await isGiven(budget.take(50))).toBe(true);
    expect(await isGiven(budget.take(50))).toBe(false);
  });

  test('never has more out than it holds, but for one that is larger, and gives to everybody in the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.nat({ max: 150 }), { maxLength: 20 }),
        async (scheduler, sizes) => {
          const budget = new ByteBudget(100);
          let [out, holders] = [0, 0];
          const all = sizes.map(async (size) => {
            await scheduler.schedule(Promise.resolve());
            const back = await budget.take(size);
            out += size;
            holders += size === 0 ? 0 : 1;
            if (holders > 1) expect(out).toBeLessThanOrEqual(100);
            await scheduler.schedule(Promise.resolve());
            out -= size;
            holders -= size === 0 ? 0 : 1;
            back();
          });
          await scheduler.waitFor(Promise.all(all));
          expect(out).toBe(0);
        },
      ),
    );
  });
});
