/** Version patterns, scopes, and the form of tokens. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hasScope, matchesPattern, parseToken, patternCovers } from '../../core/access/access.ts';

/** A small alphabet, so that patterns and texts meet. */
const letters = fc.constantFrom('a', 'b', '.');
const text = fc.string({ unit: letters, maxLength: 6 });
const pattern = fc.string({ unit: fc.oneof(letters, fc.constant('*')), maxLength: 5 });

/** What a pattern matches, by its definition and without the code under test. */
function byRegExp(glob: string): RegExp {
  return new RegExp(
    `^${glob
      .split('*')
      .map((part) => part.replaceAll('.', '\\.'))
      .join('.*')}$`,
  );
}

/** Every text of up to `length` letters, with one letter that no pattern has. */
function allTexts(length: number): readonly string[] {
  let longest = [''];
  const all = [''];
  for (let size = 1; size <= length; size++) {
    longest = longest.flatMap((one) => ['a', 'b', '.', 'z'].map((letter) => one + letter));
    all.push(...longest);
  }
  return all;
}
const TEXTS = allTexts(6);

describe('patterns', () => {
  test('match what their regular expression matches', () => {
    fc.assert(
      fc.property(pattern, text, (glob, one) => {
        expect(matchesPattern(glob, one)).toBe(byRegExp(glob).test(one));
      }),
      { numRuns: 2000 },
    );
  });

  test('cover each other exactly where no text says otherwise', () => {
    fc.assert(
      fc.property(pattern, pattern, (outer, inner) => {
        const [within, beyond] = [byRegExp(inner), byRegExp(outer)];
        const witness = TEXTS.find((one) => within.test(one) && !beyond.test(one));
        expect([outer, inner, witness, patternCovers(outer, inner)]).toEqual([
          outer,
          inner,
          witness,
          witness === undefined,
        ]);
      }),
      { numRuns: 500 },
    );
  });

  test('no limit covers all, and is covered by no limit only', () => {
    expect(patternCovers(undefined, '1.*')).toBe(true);
    expect(patternCovers(undefined, undefined)).toBe(true);
    expect(patternCovers('*', undefined)).toBe(false);
  });

  test('with many stars are matched in good time', () => {
    expect(matchesPattern(`${'*a'.repeat(60)}*b`, 'a'.repeat(10_000))).toBe(false);
  });
});

test('admin includes publish includes read', () => {
  expect(hasScope(['admin'], 'read')).toBe(true);
  expect(hasScope(['publish'], 'read')).toBe(true);
  expect(hasScope(['publish'], 'release')).toBe(false);
  expect(hasScope(['release'], 'publish')).toBe(true);
  expect(hasScope(['release'], 'admin')).toBe(false);
  expect(hasScope(['admin'], 'release')).toBe(true);
  expect(hasScope(['publish'], 'admin')).toBe(false);
  expect(hasScope(['read'], 'publish')).toBe(false);
  expect(hasScope([], 'read')).toBe(false);
});

test('a token is recognised by its form', () => {
  const secret = 'A'.repeat(43);
  expect(parseToken(`stw_abcdefgh_${secret}`)).toEqual({ tokenId: 'abcdefgh', secret });
  for (const other of [
    '',
    `stw_abcdefg_${secret}`,
    `stw_ABCDEFGH_${secret}`,
    `stw_abcdefgh_${secret}A`,
    `stw_abcdefgh_${secret}\n`,
  ]) {
    expect(parseToken(other)).toBeUndefined();
  }
});

test('a scope of a later release grants nothing', () => {
  const later = ['steer' as 'read'];

  expect(hasScope(later, 'read')).toBe(false);
  expect(hasScope([...later, 'read'], 'publish')).toBe(false);
  expect(hasScope(['admin'], later[0] ?? 'read')).toBe(false);
});
