/** A migration waits for a store that is unavailable for a while, but not for a package with a fault of its own. */
import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../../core/errors.ts';
import type { CopyResult } from '../../../core/migrate/copy/outcome.ts';
import { Patience } from '../../../core/migrate/copy/patience.ts';
import { giveUpWhenHopeless } from '../../../core/migrate/give-up.ts';
import { migratePackages } from '../../../core/migrate/migrate-packages.ts';
import type { BlobStore } from '../../../core/ports/blob-store.ts';
import { linesOf, MovingWorld, withVerbs } from './moving-world.ts';

/** A clock that moves by waiting alone. */
class Waiting {
  nowMs = 0;
  readonly patience = new Patience({
    nowMs: () => this.nowMs,
    wait: async (milliseconds) => {
      this.nowMs += milliseconds;
      // All that wait at once wait in one stretch of time: others go on in between.
      await new Promise<void>((resolve) => setImmediate(resolve));
    },
  });
}

const away = () => new ServiceError('UNAVAILABLE', 'the store can not be reached');

async function moving(
  isAway: (key: string) => boolean,
  verbs: readonly (keyof BlobStore)[],
  waiting: Waiting,
) {
  const world = new MovingWorld();
  for (let n = 0; n < 40; n += 1) await world.publish(`p${n}.zip`, 'bytes');
  const failing =
    (name: 'stat' | 'readInto') =>
    (key: never, ...rest: readonly never[]) =>
      isAway(key)
        ? Promise.reject(away())
        : (world.memory[name] as (...args: unknown[]) => unknown)(key, ...rest);
  const store = withVerbs(
    world.memory,
    Object.fromEntries(verbs.map((name) => [name, failing(name as 'stat')])),
  );
  const stop = new AbortController();
  const over = {
    from: { place: 'memory', store },
    patience: waiting.patience,
    signal: stop.signal,
  };
  const stream = migratePackages(world.moving(over), { concurrency: 4 });
  const outcomes: CopyResult[] = [];
  let error: unknown;
  try {
    for await (const outcome of giveUpWhenHopeless(stream, () => stop.abort()))
      outcomes.push(outcome);
  } catch (thrown) {
    error = thrown;
  }
  return { outcomes, error };
}

describe('a source that is away', () => {
  test.each([['stat'], ['readInto']] as const)(
    'for 3 seconds (%s) is waited for, and all packages are moved',
    async (verb) => {
      const waiting = new Waiting();

      const { outcomes, error } = await moving(() => waiting.nowMs < 3_000, [verb], waiting);

      expect(error).toBeUndefined();
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(40).fill('moved'));
    },
  );

  test('for good is waited for half a minute, and then given up', async () => {
    const waiting = new Waiting();

    const { outcomes, error } = await moving(() => true, ['stat'], waiting);

    expect(error).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('can not be reached'),
    });
    expect(waiting.nowMs).toBeGreaterThanOrEqual(30_000);
    expect(waiting.nowMs).toBeLessThan(60_000);
    expect(outcomes.length).toBeLessThan(40);
  });

  test('for one package alone holds no other up, nor is it waited for as long', async () => {
    const waiting = new Waiting();

    const { outcomes, error } = await moving((key) => key.endsWith('/p0.zip'), ['stat'], waiting);

    expect(error).toBeUndefined();
    expect(linesOf(outcomes).filter((one) => !one.endsWith('moved'))).toEqual([
      '1.0.0/p0.zip failed',
    ]);
    expect(waiting.nowMs).toBeLessThan(60_000);
  });
});

test('a migration that is stopped does not wait for a store', async () => {
  const stopping = new AbortController();
  const patience = new Patience();
  let times = 0;
  const work = async () => {
    times += 1;
    queueMicrotask(() => stopping.abort());
    return { code: 'UNAVAILABLE' as const };
  };

  await patience.trying(work, stopping.signal);

  expect(times).toBeLessThanOrEqual(2);
});
