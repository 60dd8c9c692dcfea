/** A migration that gets nowhere ends, and says why. */
import { describe, expect, test } from '@jest/globals';
import type { CopyResult } from '../../../core/migrate/copy/outcome.ts';
import { giveUpWhenHopeless } from '../../../core/migrate/give-up.ts';
import { parsePackageKey } from '../../../core/names.ts';

const { key } = parsePackageKey('packages/1.0/a.zip');
const moved: CopyResult = { key, outcome: 'moved', size: 1, sentBytes: 1, ms: 1 };
const full: CopyResult = {
  ...moved,
  outcome: 'failed',
  code: 'OUT_OF_SPACE',
  detail: 'the store is full',
};
const odd: CopyResult = {
  ...moved,
  outcome: 'failed',
  code: 'INVALID_INPUT',
  detail: 'the file is odd',
};

async function runOf(outcomes: readonly CopyResult[]) {
  async function* stream() {
    yield* outcomes;
  }
  let [seen, stops] = [0, 0];
  let error: unknown;
  try {
    for await (const _ of giveUpWhenHopeless(stream(), () => (stops += 1), 3)) seen += 1;
  } catch (thrown) {
    error = thrown;
  }
  return { seen, stops, error };
}

describe('giving up', () => {
  test('comes after several answers in a row that the store is full; what was under way is still reported', async () => {
    const { seen, stops, error } = await runOf([moved, full, full, full, moved, full]);

    expect([seen, stops]).toEqual([6, 1]);
    expect(error).toMatchObject({
      code: 'OUT_OF_SPACE',
      message: expect.stringContaining('the store is full'),
    });
  });

  test('does not come while something succeeds in between, or files are at fault', async () => {
    expect(await runOf([full, full, moved, full, full])).toEqual({
      seen: 5,
      stops: 0,
      error: undefined,
    });
    expect(await runOf([odd, odd, odd, odd])).toEqual({ seen: 4, stops: 0, error: undefined });
  });
});
