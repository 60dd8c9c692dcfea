/** The quick parser of public paths accepts nothing that the contract would refuse or change. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CONTRACT } from '../../api/contract.ts';
import { ROUTES } from '../../api/routes.ts';
import { isPlainPath, isPlainQuery, PLAIN_OPERATIONS } from '../../service/chain/plain-path.ts';

const PUBLIC = [...PLAIN_OPERATIONS];
const name = fc.oneof(
  fc.constantFrom(
    '1.4.0',
    '2026-11-22_nightly',
    '1+2',
    'stable',
    '.hidden',
    '',
    '../x',
    'a/b',
    'é',
    `${'a'.repeat(129)}`,
  ),
  fc.string(),
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,30}$/),
);

describe('a path that is plainly right', () => {
  test.each(PUBLIC)('of %s is what its contract takes, and takes as it is', (id) => {
    const variables = [...ROUTES[id].path.matchAll(/\{(\w+)\}/g)].map(
      ([, variable]) => variable ?? '',
    );
    const paths = fc.record(Object.fromEntries(variables.map((variable) => [variable, name])));
    fc.assert(
      fc.property(paths, (path) => {
        const { success, data } = CONTRACT[id].path.safeParse(path);

        expect(isPlainPath(path)).toBe(success);
        if (success) expect(data).toEqual(path);
      }),
    );
  });

  test.each(PUBLIC)('of %s may have any query that names no version', (id) => {
    // The contract leaves `__proto__` out, which no operation reads.
    const named = fc.string().filter((name) => name !== '__proto__');
    const parameter = fc.oneof(fc.constant('at'), named);
    fc.assert(
      fc.property(fc.dictionary(parameter, fc.string()), (query) => {
        fc.pre(isPlainQuery(query));
        const { success, data } = CONTRACT[id].query.safeParse(query);

        expect(success).toBe(true);
        expect(data).toEqual(query);
      }),
    );
  });

  test.each(['', '..', 'a b', '1.4.0'])('leaves the version %j to the contract', (at) => {
    expect(isPlainQuery({ at })).toBe(false);
  });

  test.each([{ unknown: 'x' }, { versionId: undefined }, { versionId: '1', packageId: 'x' }])(
    'is not %j',
    (path) => {
      expect(isPlainPath(path)).toBe(false);
    },
  );
});
