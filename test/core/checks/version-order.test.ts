/** Which entries of a feed are the newest. */
import { describe, expect, test } from '@jest/globals';
import { compareVersions, newestOf } from '../../../core/checks/feeds/version-order.ts';

describe('the order of versions', () => {
  test.each([
    ['1.9.0', '1.10.0'],
    ['1.4.0-beta', '1.4.0'],
    ['1.4.0-beta.2', '1.4.0-beta.10'],
    ['1.4.0-beta', '1.4.0-beta.1'],
    ['1.4.0-1', '1.4.0-alpha'],
    ['1.4.0', '1.4.0.1'],
    ['139', '140'],
    ['1.4.0-rc.1', '1.4.1-beta.1'],
  ])('%s is older than %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
    expect(newestOf([older, newer, older])).toBe(newer);
  });

  test.each([
    ['v1.4.0', '1.4.0'],
    ['1.4.0+build.1', '1.4.0+build.2'],
    ['1.4', '1.4.0'],
  ])('%s is as new as %s', (one, other) => {
    expect(compareVersions(one, other)).toBe(0);
  });

  test('there is no newest of none', () => {
    expect(newestOf([])).toBe('');
  });
});
