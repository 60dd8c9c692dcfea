/** Names and keys: what is one, and that a key says exactly what it was made of. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  encodeKey,
  extOfFilename,
  packageKey,
  parseExt,
  parsePackageId,
  parsePackageKey,
  parseVersionId,
} from '../../core/names.ts';

const versionId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,20}$/);
const packageId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,20}$/);
const ext = fc.stringMatching(/^[A-Za-z0-9]{1,16}(\.[A-Za-z0-9]{1,16}){0,2}$/);

describe('keys', () => {
  test('parse into what they were made of', () => {
    fc.assert(
      fc.property(versionId, packageId, ext, (version, id, end) => {
        const parts = {
          versionId: parseVersionId(version),
          packageId: parsePackageId(id),
          ext: parseExt(end),
        };
        const key = packageKey(parts.versionId, parts.packageId, parts.ext);
        expect(parsePackageKey(key)).toEqual({ ...parts, key });
      }),
    );
  });

  test('are nothing but what was parsed, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string().map((text) => `packages/${text}`),
        ),
        (text) => {
          try {
            expect(parsePackageKey(text).key).toBe(text);
          } catch (error) {
            expect(error).toMatchObject({ code: 'INVALID_INPUT' });
          }
        },
      ),
    );
  });

  test.each([
    'packages/1/a.zip/',
    '/packages/1/a.zip',
    'packages//a.zip',
    'packages/../a.zip',
    'packages/1/../a.zip',
    'packages/1/a',
    'packages/1/.zip',
    'packages/1/a..zip',
    'packages/1/a.zip\n',
    'other/1/a.zip',
    '',
  ])('%j is none', (text) => {
    expect(() => parsePackageKey(text)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  });

  test('a plus is %2B in a URL', () => {
    expect(encodeKey(parsePackageKey('packages/1+2+3/a.zip').key)).toBe('packages/1%2B2%2B3/a.zip');
  });
});

describe('ids', () => {
  test.each([
    '..',
    '.',
    '',
    '-a',
    '_a',
    '.a',
    '+a',
    'a/b',
    'a\\b',
    'a%2f',
    'a\0',
    'a\n',
    'ａ',
    'é',
    'a b',
    'a'.repeat(129),
  ])('%j is no versionId and no packageId', (text) => {
    expect(() => parseVersionId(text)).toThrow('versionId must match');
    expect(() => parsePackageId(text)).toThrow('packageId must match');
  });

  test('a packageId holds no dot and no plus; 128 characters are enough', () => {
    expect(() => parsePackageId('a.b')).toThrow('packageId must match');
    expect(() => parsePackageId('a+b')).toThrow('packageId must match');
    expect(parsePackageId('a'.repeat(128))).toHaveLength(128);
    expect(parseVersionId('1.4.0-rc.1+build_5')).toBe('1.4.0-rc.1+build_5');
  });
});

test.each<[string, string | undefined]>([
  ['tool.tar.gz', 'tar.gz'],
  ['tool-1.4.0.TAR.XZ', 'TAR.XZ'],
  ['tool-1.4.0.zip', 'zip'],
  ['archive.tar', 'tar'],
  ['.bashrc', undefined],
  ['tool', undefined],
  ['tool.', undefined],
  ['tool.with space', undefined],
  ['a.b', 'b'],
  ['tool.waytoolongtobeanext', undefined],
])('the ext of %s is %s', (filename, expected) => {
  expect(extOfFilename(filename)).toBe(expected);
});
