/** Feeds that are made to take time or memory are refused, and end soon. */

import { describe, expect, test } from '@jest/globals';
import type { CheckName } from '../../../core/checked.ts';
import { checkVersion } from '../../../core/checks/check-version.ts';
import { check, failuresOf, MemoryFiles, NEVER } from './memory-files.ts';

const MIB = 1024 * 1024;

describe('a feed larger than what is read', () => {
  test.each([
    ['latest.yml', 'electron'],
    ['releases.win.json', 'velopack'],
    ['RELEASES', 'squirrel-windows'],
    ['latest.json', 'tauri'],
    ['appcast.xml', 'appcast'],
    ['InRelease', 'apt'],
    ['Packages', 'apt'],
    ['Packages.gz', 'apt'],
    ['index.yaml', 'helm'],
    ['SHA512SUMS', 'checksums'],
  ] as const)('%s is not read', async (filename, name) => {
    const files = new MemoryFiles({ [filename]: 'x'.repeat(5 * MIB) });

    const [first, ...others] = failuresOf(await checkVersion(files, {}, NEVER));

    expect(others).toEqual([]);
    expect(first).toMatchObject({ check: name, filename });
    expect(first?.detail).toMatch(/5242880 bytes/);
    expect(files.bytesRead).toBe(0);
  });
});

const lines = (count: number, line: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => line(at)).join('\n');

const HOSTILE: readonly (readonly [string, string, CheckName, string, RegExp])[] = [
  ['one line of 2 MB', 'latest.yml', 'electron', `a: ${'x'.repeat(2 * MIB)}`, /this line has/],
  ['deep flow', 'latest.yml', 'electron', '['.repeat(MIB), /nested deeper/],
  ['deep lists', 'latest.yml', 'electron', '- '.repeat(MIB / 2), /nested deeper/],
  ['deep keys', 'latest.yml', 'electron', '? '.repeat(MIB / 2), /nested deeper/],
  [
    'deep blocks',
    'index.yaml',
    'helm',
    lines(1000, (at) => `${' '.repeat(at)}a:`),
    /nested deeper/,
  ],
  ['many keys', 'index.yaml', 'helm', lines(250_000, (at) => `k${at}: 1`), /too many values/],
  ['many documents', 'latest.yml', 'electron', '---\n'.repeat(500_000), /too many values/],
  ['many comments', 'latest.yml', 'electron', '#\n'.repeat(MIB), /too many values/],
  [
    'aliases of aliases',
    'index.yaml',
    'helm',
    'a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]',
    /an anchor/,
  ],
  ['an alias alone', 'index.yaml', 'helm', 'apiVersion: *a', /an alias/],
  ['deep JSON', 'latest.json', 'tauri', '['.repeat(50_000) + ']'.repeat(50_000), /nested deeper/],
  ['deep JSON that does not end', 'latest.json', 'tauri', '{"a":'.repeat(MIB / 8), /not JSON/],
  [
    'many values of JSON',
    'latest.json',
    'tauri',
    `[${'1,\n'.repeat(400_000)}1]`,
    /too many values/,
  ],
  ['many lines that are no JSON', 'latest.json', 'tauri', '1\n'.repeat(MIB), /not JSON/],
  ['deep XML', 'appcast.xml', 'appcast', '<a>'.repeat(300_000), /nested deeper/],
  [
    'many elements',
    'appcast.xml',
    'appcast',
    `<rss>${'<a/>\n'.repeat(400_000)}</rss>`,
    /more than/,
  ],
  [
    'entities of entities',
    'appcast.xml',
    'appcast',
    `<!DOCTYPE r [<!ENTITY a "x">${lines(100, (at) => `<!ENTITY a${at} "&a;&a;">`)}]><r>&a99;</r>`,
    /DOCTYPE/,
  ],
  [
    'many wrong sums',
    'SHA512SUMS',
    'checksums',
    lines(50_000, (at) => `${'0'.repeat(40)}  file${at}`),
    /no file of that name/,
  ],
  [
    'a long run of spaces',
    'RELEASES',
    'squirrel-windows',
    `${'0'.repeat(40)}${' '.repeat(MIB - 100)}x`,
    /SHA1 filename size/,
  ],
  ['spaces in a sum', 'SHA512SUMS', 'checksums', `SHA1 (${' ('.repeat(100_000)}`, /digest/],
  ['many paragraphs', 'Packages', 'apt', lines(100_000, () => 'Package: a\n'), /without Filename/],
  [
    'many assets',
    'releases.win.json',
    'velopack',
    `{"Assets": [${lines(60_000, () => '{},')}{}]}`,
    /PackageId/,
  ],
  [
    'many items',
    'appcast.xml',
    'appcast',
    `<rss><channel>${lines(60_000, () => '<item/>')}</channel></rss>`,
    /no sparkle:version/,
  ],
  [
    'many versions in one line',
    'RELEASES',
    'squirrel-windows',
    '-1'.repeat(MIB / 2 - 10),
    /SHA1 filename size/,
  ],
  [
    'many packages',
    'RELEASES',
    'squirrel-windows',
    lines(40_000, (at) => `${'0'.repeat(40)} App-1.4.0.${at}-full.nupkg 1`),
    /names more than 20000 files/,
  ],
];

describe('a feed that would take long', () => {
  test.each(HOSTILE)('%s', async (_, filename, name, text, detail) => {
    const failures = failuresOf(await check({ [filename]: text }));

    expect(failures[0]).toMatchObject({ check: name, filename });
    expect(failures[0]?.detail).toMatch(detail);
    // Whatever is wrong, the list stays short.
    expect(failures.length).toBeLessThanOrEqual(51);
  });
});
