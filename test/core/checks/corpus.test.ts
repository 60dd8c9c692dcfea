/** Feeds as the real tools make them are right. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  apt,
  CORPUS,
  checksums,
  electron,
  helm,
  minisign,
  type Release,
  sparkle,
  squirrel,
  tauri,
  textIn,
  velopack,
} from './corpus.ts';
import { check, failuresOf } from './memory-files.ts';

describe('a release as its tool made it', () => {
  test.each(Object.entries(CORPUS))('%s passes', async (_, { files, policy }) => {
    const results = await check(files, policy);

    expect(failuresOf(results)).toEqual([]);
    expect(results.filter(({ verdict }) => verdict === 'passed')).not.toEqual([]);
  });

  test('a version without feeds has no results', async () => {
    expect(await check({ 'tool.zip': 'bytes', 'notes.txt': 'text' })).toEqual([]);
  });

  test('a channel whose policy turns feeds off gets no results', async () => {
    const wrong = { ...electron.files, 'App-1.4.0.exe': 'other' };

    expect(await check(wrong, { feeds: false })).toEqual([]);
  });
});

test('what was compared is counted as people do', async () => {
  const passed = async ({ files, policy }: Release, filename: string) =>
    (await check(files, policy)).find(
      (one) => one.filename === filename && one.verdict === 'passed',
    )?.detail;

  expect(await passed(velopack, 'releases.win.json')).toBe('2 files are as the feed says');
  expect(await passed(tauri, 'latest.json')).toMatch(/: 1 file is as the feed says$/);
  expect(await passed(checksums, 'tool-linux.sha256')).toBe('1 file has the digest that it says');
  expect(await passed(checksums, 'SHA512SUMS')).toBe('2 files have the digests that it says');
  expect(await passed(helm, 'index.yaml')).toBe('1 chart is as the index says');
  expect(await passed(apt, 'Packages')).toBe('1 package is as it says');
});

describe('what is no feed', () => {
  test('YAML of another program is not looked at', async () => {
    const compose = 'x-common: &common\n  image: tool\nservices:\n  a: *common\n';

    expect(failuresOf(await check({ 'compose.yaml': compose }))).toEqual([]);
    expect(failuresOf(await check({ 'docker-compose.yml': compose }))).toEqual([]);
  });

  test.each([
    ['latest.json', '{"latest": "1.4.0"}'],
    ['releases.all.json', '[{"tag": "1.4.0"}]'],
    ['index.yaml', 'pages:\n  - a\n'],
  ])('%s of another program is skipped', async (filename, text) => {
    const results = await check({ [filename]: text });

    expect(results.map(({ verdict }) => verdict)).toEqual(['passed', 'skipped']);
  });

  test('a public key of gpg is no signature', async () => {
    const key = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n';

    expect(failuresOf(await check({ 'release-key.asc': key }))).toEqual([]);
  });
});

describe('what a feed may do', () => {
  test('its line ends may be CRLF in YAML, JSON and XML', async () => {
    for (const [name, { files, policy }] of [
      ['latest.yml', electron],
      ['releases.win.json', velopack],
      ['latest.json', tauri],
      ['index.yaml', helm],
      ['appcast.xml', sparkle],
    ] as const) {
      const text = textIn(files, name).replaceAll('\n', '\r\n');
      expect(failuresOf(await check({ ...files, [name]: text }, policy))).toEqual([]);
    }
  });

  test('a byte order mark may begin YAML, XML and RELEASES', async () => {
    for (const [name, { files, policy }] of [
      ['latest.yml', electron],
      ['appcast.xml', sparkle],
    ] as const) {
      const text = `\uFEFF${textIn(files, name)}`;
      expect(failuresOf(await check({ ...files, [name]: text }, policy))).toEqual([]);
    }
    expect(textIn(squirrel.files, 'RELEASES').startsWith('\uFEFF')).toBe(true);
  });

  test('release notes may hold what YAML would take for aliases and tags', async () => {
    const notes = 'releaseNotes: |\n  * faster\n  & smaller\n  !important\n  %done\n';
    const feed = `${textIn(electron.files, 'latest.yml')}${notes}`;

    expect(failuresOf(await check({ ...electron.files, 'latest.yml': feed }))).toEqual([]);
  });

  test('it may name files by their escaped names and by absolute addresses', async () => {
    const files = {
      'App Setup 1.4.0.exe': electron.files['App-1.4.0.exe'] ?? '',
      'latest.yml': textIn(electron.files, 'latest.yml').replaceAll(
        'App-1.4.0.exe',
        'https://releases.example.com/channels/stable/App%20Setup%201.4.0.exe',
      ),
    };

    const results = await check(files);

    expect(failuresOf(results)).toEqual([]);
    expect(results[0]?.detail).toContain('1 file is as the feed says');
  });

  test('files that another host serves are skipped', async () => {
    const feed = textIn(electron.files, 'latest.yml').replaceAll(
      'App-1.4.0.exe',
      'https://cdn.example.org/App-1.4.0-x.exe',
    );

    const results = await check({ ...electron.files, 'latest.yml': feed });

    expect(failuresOf(results)).toEqual([]);
    expect(results.map(({ detail }) => detail).join()).toContain('cdn.example.org');
  });

  test('an older entry is compared with the file that the channel remembers', async () => {
    const remembered = { 'App-1.3.0-full.nupkg': Buffer.alloc(1280, 'x') };

    const failures = failuresOf(await check(velopack.files, {}, { remembered }));

    expect(failures.map(({ line }) => line)).toEqual([29, 28]);
  });

  test('an older entry whose file is nowhere is skipped', async () => {
    const results = await check(velopack.files);

    expect(results.filter(({ verdict }) => verdict === 'skipped')).toMatchObject([
      { check: 'velopack', line: 27, detail: expect.stringContaining('earlier version') },
    ]);
  });

  test('without a block map the installer is downloaded whole', async () => {
    const { 'App-1.4.0.exe.blockmap': _, ...files } = electron.files;

    const results = await check(files);

    expect(failuresOf(results)).toEqual([]);
    expect(results.map(({ detail }) => detail).join()).toContain('differential');
  });

  test('apt takes SHA-512 alone', async () => {
    const sha256 = /^SHA256: .*\n/m;
    const Packages = textIn(apt.files, 'Packages').replace(sha256, '');
    const digest = createHash('sha512').update(Packages).digest('hex');
    const Release = `Suite: stable\nSHA512:\n ${digest} ${Packages.length} Packages\n`;
    const { InRelease: _, 'Packages.gz': __, ...files } = apt.files;
    const signed = { ...files, Packages, Release, 'Release.gpg': 'signature' };

    expect(failuresOf(await check(signed))).toEqual([]);
    const [wrong] = failuresOf(await check({ ...signed, Packages: `${Packages}\n` }));
    expect(wrong).toMatchObject({ check: 'apt', filename: 'Release', line: 3 });
  });

  test('an app of Tauri may ask for a target of its own', async () => {
    const feed = textIn(tauri.files, 'latest.json').replace('linux-x86_64', 'macos-universal');

    const results = await check({ ...tauri.files, 'latest.json': feed }, tauri.policy);

    expect(failuresOf(results)).toEqual([]);
    expect(results.map(({ detail }) => detail).join()).toContain('sets its own target');
  });

  test('a statement may be about SHA-512 alone, as npm makes it', async () => {
    const about = (bytes: string) => {
      const sha512 = createHash('sha512').update(bytes).digest('hex');
      const statement = { subject: [{ name: 'pkg', digest: { sha512 } }] };
      const payload = Buffer.from(JSON.stringify(statement)).toString('base64');
      return JSON.stringify({ dsseEnvelope: { payload } });
    };

    const right = await check({ 'tool.tgz': 'tool', 'tool.tgz.sigstore.json': about('tool') });
    const wrong = await check({ 'tool.tgz': 'tool', 'tool.tgz.sigstore.json': about('other') });

    expect(right.map(({ verdict }) => verdict)).toEqual(['passed', 'skipped']);
    expect(failuresOf(wrong)).toEqual([expect.objectContaining({ contradicts: true })]);
  });

  test('a Release may list an index that is published in another form', async () => {
    const { Packages: _, ...files } = apt.files;

    expect(failuresOf(await check(files))).toEqual([]);
  });
});

test('signatures are skipped where the channel has no key', async () => {
  for (const { files } of [tauri, sparkle, minisign]) {
    const results = await check(files);

    expect(failuresOf(results)).toEqual([]);
    expect(results.map(({ detail }) => detail).join()).toContain('policy of the channel');
  }
});
