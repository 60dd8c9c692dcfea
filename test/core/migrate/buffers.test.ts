/** Lent buffers: never more than the limit, of the requested length, and used again. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Buffers } from '../../../core/migrate/copy/buffers.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

describe('Buffers', () => {
  test('what comes back is lent again', async () => {
    const buffers = new Buffers(4 * MIB);
    const first = await buffers.lend(MIB);
    first.giveBack();

    const second = await buffers.lend(MIB - 5);

    expect(second.buffer.buffer).toBe(first.buffer.buffer);
    expect(second.buffer).toHaveLength(MIB - 5);
  });

  test('no one gets a buffer that another still has', async () => {
    const buffers = new Buffers(4 * MIB);
    const [first, second] = [await buffers.lend(MIB), await buffers.lend(MIB)];

    expect(second.buffer.buffer).not.toBe(first.buffer.buffer);
    first.giveBack();
    first.giveBack();
    const [third, fourth] = [await buffers.lend(MIB), await buffers.lend(MIB)];
    expect(fourth.buffer.buffer).not.toBe(third.buffer.buffer);
  });

  test('what is larger than the bound is lent when nothing else is', async () => {
    const buffers = new Buffers(MIB);
    const small = await buffers.lend(10);
    let isLent = false;
    const large = buffers.lend(3 * MIB).then((lent) => {
      isLent = true;
      return lent;
    });

    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(isLent).toBe(false);
    small.giveBack();
    expect((await large).buffer).toHaveLength(3 * MIB);
  });

  test('of whatever sizes are lent in turn, no more memory is held than the bound', async () => {
    const bound = 8 * MIB;
    const sizes = fc.array(fc.integer({ min: 64 * KIB, max: bound }), {
      minLength: 1,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (each) => {
        const buffers = new Buffers(bound);
        for (const size of each) {
          const { buffer, giveBack } = await buffers.lend(size);
          expect(buffer).toHaveLength(size);
          expect(buffers.heldBytes).toBeLessThanOrEqual(bound);
          giveBack();
        }
      }),
    );
  });
});
