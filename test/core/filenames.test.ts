/** Names of files: which are allowed, their addresses, and the ids that are made of them. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PACKAGE_ID, parseVersionId } from '../../core/names.ts';
import { isFeed } from '../../core/naming/feeds.ts';
import {
  aliasOf,
  encodeName,
  isNamed,
  normalName,
  stablePath,
  whyNotFilename,
} from '../../core/naming/filenames.ts';
import { derivedIds, likelyIds } from '../../core/naming/package-ids.ts';
import { guessPlatform } from '../../core/platforms.ts';

const versionId = parseVersionId('1.4.0');
const filename = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    fc.stringMatching(/^[A-Za-z0-9 .+%#?&=_-]{1,60}$/),
    fc.constantFrom(
      'RELEASES',
      'Packages',
      'Packages.gz',
      'a',
      'a.bin',
      'a-.x',
      '.a',
      'é',
      'e\u0301',
    ),
  )
  .filter((name) => whyNotFilename(name) === undefined);

function recordOf(name: string) {
  const { first, ext } = derivedIds(name);
  return { versionId, packageId: first, ext, filename: name };
}

describe('filenames', () => {
  test('two that are not the same text have different addresses and different keys', () => {
    fc.assert(
      fc.property(filename, filename, (left, right) => {
        fc.pre(normalName(left) !== normalName(right));
        const ids = new Set([derivedIds(left).second, derivedIds(right).second]);

        expect(stablePath(recordOf(left))).not.toBe(stablePath(recordOf(right)));
        expect(ids.size).toBe(2);
      }),
      { numRuns: 2000 },
    );
  });

  test('an address decodes to the filename, once, and leads to its record', () => {
    fc.assert(
      fc.property(filename, (name) => {
        const record = recordOf(name);
        const path = stablePath(record);
        const segments = new URL(`http://x${path}`).pathname.split('/');

        expect(segments).toHaveLength(4);
        expect(path).toMatch(/^\/packages\/1\.4\.0\/[A-Za-z0-9._~%-]+$/);
        expect(decodeURIComponent(segments[3] ?? '')).toBe(name);
        expect(isNamed(record, name)).toBe(true);
        expect(isNamed(record, aliasOf(record))).toBe(true);
        expect(PACKAGE_ID.test(record.packageId)).toBe(true);
        for (const address of [name, aliasOf(record)])
          expect(likelyIds(address)).toContain(record.packageId);
      }),
      { numRuns: 2000 },
    );
  });

  test('a gateway that leaves %25 as it is leads to the same file as one that decodes it', () => {
    for (const name of ['100%.zip', 'a%20b', 'a%25b', '%2525']) {
      const segment = encodeName(name);
      const decoded = decodeURIComponent(segment);
      const kept = segment.split('%25').map(decodeURIComponent).join('%25');

      expect([isNamed(recordOf(name), decoded), isNamed(recordOf(name), kept)]).toEqual([
        true,
        true,
      ]);
    }
    expect(normalName('a%25b')).toBe(normalName('a%b'));
    expect(normalName('a%20b')).not.toBe(normalName('a b'));
  });

  test.each([
    ['App-1.4.0.exe', /^App-1-4-0-[0-9a-f]{8}$/, 'exe'],
    ['linux-x64.tar.gz', /^linux-x64$/, 'tar.gz'],
    ['RELEASES', /^RELEASES$/, 'bin'],
    ['tool-linux-amd64', /^tool-linux-amd64$/, 'bin'],
    ['.bashrc', /^bashrc-[0-9a-f]{8}$/, 'bin'],
    ['大', /^f-[0-9a-f]{8}$/, 'bin'],
    [`${'x'.repeat(200)}.zip`, /^x{119}-[0-9a-f]{8}$/, 'zip'],
  ])('%s gets the id %s and the ext %s', (name, id, ext) => {
    expect(derivedIds(name).first).toMatch(id);
    expect(derivedIds(name).ext).toBe(ext);
  });

  test.each([
    ['', 'empty'],
    ['.', 'empty'],
    ['..', 'empty'],
    ['a/b', 'slashes'],
    ['a\\b', 'slashes'],
    ['a\u0000b', 'control'],
    ['a\u202eb', 'bidi'],
    ['a\ud800', 'surrogate'],
    ['x'.repeat(256), '255 bytes'],
    ['é'.repeat(128), '255 bytes'],
    ['a.', 'end with'],
    ['a ', 'end with'],
    [' a', 'begin with'],
    ['CON', 'device'],
    ['com1.txt', 'device'],
    ['SHA256SUMS', 'another name'],
    ['release.intoto.jsonl', 'another name'],
  ])('%j is refused, with the reason', (name, why) => {
    expect(whyNotFilename(name)).toContain(why);
  });

  test.each(['x'.repeat(255), 'CONSOLE', 'a b', '-rf', '...a', 'sha256sums', '%2F', '100%'])(
    '%j is allowed',
    (name) => {
      expect(whyNotFilename(name)).toBeUndefined();
    },
  );

  test('every character that means something in a URL is encoded', () => {
    expect(encodeName("a+b c%d#e?f&g'h(i)*!")).toBe('a%2Bb%20c%25d%23e%3Ff%26g%27h%28i%29%2A%21');
  });
});

test.each([
  ['latest.yml', true],
  ['latest-linux-arm64.yml', true],
  ['beta-mac.yml', true],
  ['RELEASES', true],
  ['releases.win.json', true],
  ['latest.json', true],
  ['appcast.xml', true],
  ['appcast.xml.signature', true],
  ['InRelease', true],
  ['Packages.gz', true],
  ['index.yaml', true],
  ['App-1.4.0.exe', false],
  ['config.yaml', false],
  ['releases.json.zip', false],
  ['Packages.zip.sig', false],
])('%s is a feed: %s', (name, expected) => {
  expect(isFeed(name)).toBe(expected);
});

test.each([
  ['tool-x86_64-unknown-linux-musl.tar.gz', { os: 'linux', arch: 'x64', libc: 'musl' }],
  ['tool-aarch64-unknown-linux-gnu.tar.gz', { os: 'linux', arch: 'arm64', libc: 'gnu' }],
  ['tool-x86_64-apple-darwin.zip', { os: 'macos', arch: 'x64', bundle: 'zip' }],
  ['tool-x86_64-pc-windows-msvc.zip', { os: 'windows', arch: 'x64', bundle: 'zip' }],
  ['tool_1.4.0_linux_amd64.tar.gz', { os: 'linux', arch: 'x64' }],
  ['tool_darwin_all.tar.gz', { os: 'macos' }],
  ['App-1.4.0-arm64-mac.zip', { os: 'macos', arch: 'arm64', bundle: 'zip' }],
  ['App-1.4.0-universal.dmg', { os: 'macos', arch: 'universal', bundle: 'dmg' }],
  ['app_1.4.0_amd64.deb', { os: 'linux', arch: 'x64', bundle: 'deb' }],
  ['app_1.4.0_all.deb', { os: 'linux', arch: 'any', bundle: 'deb' }],
  ['App-1.4.0-x86_64.AppImage', { os: 'linux', arch: 'x64', bundle: 'appimage' }],
  ['app-1.4.0.armv7l.rpm', { os: 'linux', arch: 'armv7', bundle: 'rpm' }],
  ['App Setup 1.4.0.exe', { os: 'windows', bundle: 'exe' }],
  ['App_1.4.0_x64-setup.exe', { os: 'windows', arch: 'x64', bundle: 'exe' }],
  ['App_1.4.0_x64_en-US.msi', { os: 'windows', arch: 'x64', bundle: 'msi' }],
  ['App-1.4.0.exe.blockmap', {}],
  ['tool-linux-amd64.sig', {}],
  ['notes.txt', {}],
  ['any.zip', {}],
  ['constructor', {}],
])('%s says %j', (name, expected) => {
  expect(guessPlatform(name)).toEqual(expected);
});
