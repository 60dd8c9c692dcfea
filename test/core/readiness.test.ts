/** Readiness: it is measured seldom, and answered in time. */
import { describe, expect, test } from '@jest/globals';
import { Readiness } from '../../core/reading/readiness.ts';

describe('readiness', () => {
  test('asks once a second, however often it is wanted', async () => {
    let now = 0;
    let asked = 0;
    const readiness = new Readiness([async () => void asked++], () => new Date(now));

    await Promise.all([readiness.check(), readiness.check()]);
    now = 999;
    await readiness.check();
    expect(asked).toBe(1);
    now = 1000;
    await readiness.check();

    expect(asked).toBe(2);
  });

  test('is UNAVAILABLE where one part fails, for whatever reason, until it answers again', async () => {
    let now = 0;
    let isAway = true;
    const part = async () => {
      if (isAway) throw new RangeError('any');
    };
    const readiness = new Readiness([async () => {}, part], () => new Date(now));

    await expect(readiness.check()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      cause: { message: 'any' },
    });
    isAway = false;
    now = 1000;

    await expect(readiness.check()).resolves.toBeUndefined();
  });

  test('is UNAVAILABLE where a part never answers', async () => {
    const readiness = new Readiness([() => new Promise(() => {})], () => new Date(0), 1);

    await expect(readiness.check()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('keeps no answer from before the clock was set back', async () => {
    let now = 10_000;
    let asked = 0;
    const readiness = new Readiness([async () => void asked++], () => new Date(now));

    await readiness.check();
    now = 5000;
    await readiness.check();

    expect(asked).toBe(2);
  });
});
