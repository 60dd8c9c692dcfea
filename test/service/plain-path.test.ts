/** The quick parser of public paths accepts nothing that the contract would refuse or change. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CONTRACT } from '../../api/contract.ts';
import { ROUTES } from '../../api/routes.ts';
import { ANY_QUERY, isPlainPath } from '../../service/chain/plain-path.ts';

const PUBLIC = [...ANY_QUERY];
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

  test.each(PUBLIC)('of %s may have any query', (id) => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (query) => {
        expect(CONTRACT[id].query.safeParse(query).success).toBe(true);
      }),
    );
  });

  test.each([{ unknown: 'x' }, { versionId: undefined }, { versionId: '1', packageId: 'x' }])(
    'is not %j',
    (path) => {
      expect(isPlainPath(path)).toBe(false);
    },
  );
});
