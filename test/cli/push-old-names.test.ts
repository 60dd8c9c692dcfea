/** What files are called on a server of a release before 0.2. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { withOldNames } from '../../cli/push/plan/old-names.ts';
import { type PlanFlags, planPush } from '../../cli/push/plan/plan-push.ts';
import { PACKAGE_ID } from '../../core/names.ts';

const planned = (paths: readonly string[], flags: PlanFlags = {}) =>
  withOldNames(planPush(paths, flags));

describe('a package id', () => {
  test.each([
    ['dist/linux-x64.tar.gz', 'linux-x64', 'tar.gz'],
    ['tool-1.4.0-linux-x64.tar.gz', 'tool-1-4-0-linux-x64', 'tar.gz'],
    ['Tool 1.4 (beta).ZIP', 'Tool-1-4--beta-', 'ZIP'],
    ['._-hidden.bin', 'hidden', 'bin'],
    ['größe.deb', 'gr--e', 'deb'],
    [`${'a'.repeat(200)}.bin`, 'a'.repeat(128), 'bin'],
  ])(
    'of %s is the name less its ext, with a dash for what an id can not hold',
    (path, packageId, ext) => {
      expect(planned([path])).toMatchObject([{ packageId, ext, platform: {} }]);
    },
  );

  test('is always one that the service takes', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
        // After two dots there is no ext, which is asked for.
        fc.pre(/[A-Za-z0-9]/.test(name) && !name.includes('/') && !name.endsWith('.'));
        expect(planned([`${name}.bin`])[0]?.packageId).toMatch(PACKAGE_ID);
      }),
    );
  });

  test('that can not be made of a name is asked for', () => {
    expect(() => planned(['---.bin'])).toThrow('no package id can be made of ---.bin');
    expect(() => planned(['---.bin'], { filename: 'good.bin' })).toThrow(
      'no package id can be made of ---.bin',
    );
  });
});

describe('an ext', () => {
  test.each([
    ['one.bin', 'ö.bin', 'one', 'bin'],
    ['one.bin', 'setup.tar.gz', 'one', 'tar.gz'],
    ['one.bin', 'setup', 'one', 'bin'],
    ['build/out', 'setup.run', 'out', 'run'],
  ])('of %s with the filename %s: package %s, ext %s', (path, filename, packageId, ext) => {
    expect(planned([path], { filename })).toMatchObject([{ packageId, ext, filename }]);
  });

  test('is asked for where no name has one', () => {
    expect(() => planned(['build/out'])).toThrow(
      'build/out has no ext that is allowed, and this server, which is of an older release, needs one',
    );
    expect(() => planned(['a..bin'])).toThrow('a..bin has no ext that is allowed');
    expect(planned(['build/out'], { ext: 'bin' })).toMatchObject([{ ext: 'bin' }]);
  });
});

test('two names that give one id are refused', () => {
  expect(() => planned(['a b.zip', 'a-b.zip'])).toThrow(
    'a b.zip and a-b.zip would both be package a-b',
  );
});
