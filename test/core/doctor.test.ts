/** How promises are tried, and when a service can not do without one. */
import { describe, expect, test } from '@jest/globals';
import { examine, type Trial } from '../../core/doctor/examine.ts';
import {
  type Circumstances,
  isNeeded,
  kept,
  type Need,
  notKept,
  reportOf,
  type TrialResult,
} from '../../core/doctor/report.ts';

const CIRCUMSTANCES: Circumstances = {
  integrity: 'payload',
  publicDownloads: false,
  browsers: false,
};

function trial(
  id: string,
  attempt: () => Promise<TrialResult>,
  more: Partial<Trial<undefined>> = {},
): Trial<undefined> {
  return {
    id,
    group: 'g',
    promise: `promise ${id}`,
    need: 'always',
    otherwise: 'o',
    attempt,
    ...more,
  };
}

const verdictsOf = async (trials: readonly Trial<undefined>[]) => {
  const findings = await examine(trials, undefined, CIRCUMSTANCES, new AbortController().signal);
  return findings.map(({ id, verdict, seen }) => [id, verdict, seen]);
};

describe('trying promises', () => {
  test('reports each in order, with what was seen', async () => {
    const trials = [trial('a', async () => kept('fine')), trial('b', async () => notKept('200'))];

    expect(await verdictsOf(trials)).toEqual([
      ['a', 'kept', 'fine'],
      ['b', 'not kept', '200'],
    ]);
  });

  test('takes what is thrown for a promise that is not kept', async () => {
    const denied = trial('a', () => Promise.reject(new Error('access is denied')));

    expect(await verdictsOf([denied])).toEqual([['a', 'not kept', 'access is denied']]);
  });

  test('does not try what builds upon a promise that is not kept', async () => {
    const trials = [
      trial('a', async () => notKept('200')),
      trial('b', async () => kept('b'), { after: 'a' }),
      trial('c', async () => kept('c'), { after: 'b' }),
      trial('d', async () => kept('d')),
    ];

    expect(await verdictsOf(trials)).toEqual([
      ['a', 'not kept', '200'],
      ['b', 'not tried', 'it takes this: promise a'],
      ['c', 'not tried', 'it takes this: promise b'],
      ['d', 'kept', 'd'],
    ]);
  });

  test('ends with the reason of the signal, and reports nothing of what was tried before', async () => {
    const controller = new AbortController();
    const stopping = trial('a', async () => {
      controller.abort(new Error('stopped'));
      return kept('fine');
    });

    await expect(examine([stopping], undefined, CIRCUMSTANCES, controller.signal)).rejects.toThrow(
      'stopped',
    );
  });
});

describe('a promise', () => {
  test.each<[Need, Circumstances, boolean]>([
    ['always', CIRCUMSTANCES, true],
    ['never', CIRCUMSTANCES, false],
    ['with payload', CIRCUMSTANCES, true],
    ['with checksum', CIRCUMSTANCES, false],
    ['with checksum', { ...CIRCUMSTANCES, integrity: 'checksum' }, true],
    ['with private downloads', CIRCUMSTANCES, true],
    ['with private downloads', { ...CIRCUMSTANCES, publicDownloads: true }, false],
    ['with browsers', CIRCUMSTANCES, false],
    ['with browsers', { ...CIRCUMSTANCES, browsers: true }, true],
  ])('that is needed %s is so with %o: %s', (need, circumstances, needed) => {
    expect(isNeeded(need, circumstances)).toBe(needed);
  });

  test.each([
    ['kept', true, true],
    ['not tried', true, true],
    ['not kept', false, true],
    ['not kept', true, false],
  ] as const)('%s, and needed: %s, leaves a store healthy: %s', (verdict, needed, healthy) => {
    const { attempt: _, ...promise } = trial('a', async () => kept(''));

    expect(reportOf('store', [{ ...promise, needed, verdict, seen: '' }]).healthy).toBe(healthy);
  });
});
