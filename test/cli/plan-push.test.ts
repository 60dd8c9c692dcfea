/** What files are called in the service. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseMetadata, planPush } from '../../cli/push/plan-push.ts';
import { PACKAGE_ID } from '../../core/names.ts';

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
      expect(planPush([path], {})).toMatchObject([{ packageId, ext }]);
    },
  );

  test('is always one that the service takes', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
        fc.pre(/[A-Za-z0-9]/.test(name) && !name.includes('/'));
        expect(planPush([`${name}.bin`], { ext: 'bin' })[0]?.packageId).toMatch(PACKAGE_ID);
      }),
    );
  });

  test('that can not be made of a name is asked for', () => {
    expect(() => planPush(['---.bin'], {})).toThrow('no package id can be made of ---.bin');
  });
});

test('flags win over what the name says', () => {
  const flags = {
    package: 'tool',
    ext: 'run',
    filename: 'setup.run',
    contentType: 'application/x-sh',
  };

  expect(planPush(['build/out'], flags)).toEqual([
    {
      path: 'build/out',
      packageId: 'tool',
      ext: 'run',
      filename: 'setup.run',
      contentType: 'application/x-sh',
    },
  ]);
});

describe('--filename', () => {
  test.each([
    ['one.bin', 'ö.bin', 'one', 'bin'],
    ['one.bin', 'setup.tar.gz', 'one', 'tar.gz'],
    ['one.bin', 'setup', 'one', 'bin'],
    ['build/out', 'setup.run', 'out', 'run'],
  ])('names %s in downloads: as %s it is package %s, ext %s', (path, filename, packageId, ext) => {
    expect(planPush([path], { filename })).toMatchObject([{ packageId, ext, filename }]);
  });

  test('is not blamed for what the name of the file lacks', () => {
    expect(() => planPush(['---.bin'], { filename: 'good.bin' })).toThrow(
      'no package id can be made of ---.bin',
    );
    expect(() => planPush(['build/out'], { filename: 'setup' })).toThrow(
      'neither setup nor build/out has an ext that is allowed',
    );
  });
});

test('two names that give one id are refused', () => {
  expect(() => planPush(['a b.zip', 'a-b.zip'], {})).toThrow(
    'a b.zip and a-b.zip would both be package a-b',
  );
});

test('metadata is split at the first equals sign', () => {
  expect(parseMetadata(['commit=9f2c1d7', 'flags=a=b', 'empty='])).toEqual({
    commit: '9f2c1d7',
    flags: 'a=b',
    empty: '',
  });
  expect(() => parseMetadata(['=x'])).toThrow('--metadata must be key=value');
});
