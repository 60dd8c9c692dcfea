/** What a push says about each file, and which files it finds. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { problemOfSums } from '../../cli/push/plan/check-sums.ts';
import { findFiles } from '../../cli/push/plan/find-files.ts';
import { parseMetadata, planPush } from '../../cli/push/plan/plan-push.ts';
import { temporaryFolder } from './house.ts';

describe('a plan', () => {
  test('sends the filename in NFC, and leaves the package id to the service', () => {
    expect(planPush(['dist/gro\u0308ße'], {})).toEqual([
      { path: 'dist/gro\u0308ße', filename: 'größe', platform: {} },
    ]);
  });

  test('has what flags say', () => {
    const flags = {
      package: 'tool',
      ext: 'run',
      filename: 'setup',
      contentType: ['application/x-sh'],
    };

    expect(planPush(['build/out.bin'], flags)).toEqual([
      {
        path: 'build/out.bin',
        filename: 'setup',
        packageId: 'tool',
        ext: 'run',
        contentType: 'application/x-sh',
        platform: {},
      },
    ]);
  });

  test('uses --ext for files without an ext of their own alone', () => {
    const items = planPush(['tool', 'tool.zip', 'tool.tar.gz'], { ext: 'bin' });

    expect(items.map(({ ext }) => ext)).toEqual(['bin', undefined, undefined]);
  });

  test('has the media type of the name, and of feeds the one that their clients expect', () => {
    const names = ['a.tar.gz', 'latest.yml', 'appcast.xml', 'RELEASES', 'tool'];

    expect(planPush(names, {}).map(({ contentType }) => contentType)).toEqual([
      'application/gzip',
      'text/yaml',
      'application/xml',
      'text/plain',
      undefined,
    ]);
  });

  test('takes a media type for all files, and others for single ones', () => {
    const contentType = ['dist/a.bin:text/x-a', 'b.bin:text/x-b; charset=utf-8', 'text/x-all'];
    const items = planPush(['dist/a.bin', 'dist/b.bin', 'dist/c.bin'], { contentType });

    expect(items.map((item) => item.contentType)).toEqual([
      'text/x-a',
      'text/x-b; charset=utf-8',
      'text/x-all',
    ]);
  });

  test.each([
    [{ contentType: ['plain'] }, '--content-type must be TYPE or FILE:TYPE'],
    [{ contentType: ['a/b', 'c/d'] }, '--content-type was given twice'],
    [{ contentType: ['nope.bin:a/b'] }, 'names nope.bin, which is not among the files'],
    [{ os: 'beos' }, '--os must be one of: linux, macos'],
    [{ arch: 'z80' }, '--arch must be one of: x64'],
    [{ libc: 'bionic' }, '--libc must be one of: gnu, musl, none; got "bionic"'],
    [{ bundle: 'No Good' }, '--bundle must be 1 to 16 lower-case letters and digits'],
  ])('with %j is misuse', (flags, message) => {
    expect(() => planPush(['a.bin'], flags)).toThrow(message);
  });

  test('guesses platforms, and flags override the guess', () => {
    const name = 'tool-x86_64-unknown-linux-musl.zip';

    expect(planPush([name], {})[0]?.platform).toEqual({
      os: 'linux',
      arch: 'x64',
      libc: 'musl',
      bundle: 'zip',
    });
    const flags = { os: 'darwin', arch: 'aarch64', libc: 'none', bundle: 'app' };
    expect(planPush([name, `${name}.sig`], flags).map(({ platform }) => platform)).toEqual([
      { os: 'macos', arch: 'arm64', bundle: 'app' },
      {},
    ]);
  });

  test('of two files with one name is refused, however it is written', () => {
    expect(() => planPush(['a/ö.zip', 'b/o\u0308.zip'], {})).toThrow('would both be called ö.zip');
  });
});

test('metadata is split at the first equals sign', () => {
  expect(parseMetadata(['commit=9f2c1d7', 'flags=a=b', 'empty='])).toEqual({
    commit: '9f2c1d7',
    flags: 'a=b',
    empty: '',
  });
  expect(() => parseMetadata(['=x'])).toThrow('--metadata must be key=value');
});

describe('the files that arguments lead to', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
    await mkdir(join(folder, 'dist', 'sub'), { recursive: true });
    await mkdir(join(folder, 'hollow'));
    for (const name of ['b.zip', 'a.zip', 'c[1].txt', '.hidden', 'sub/deep.zip'])
      await writeFile(join(folder, 'dist', name), name);
    await writeFile(join(folder, 'dist', 'sub', 'empty'), '');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const find = async (...words: string[]) => {
    const found = await findFiles(words.map((word) => join(folder, word)));
    const bare = (text: string) => text.replaceAll(`${folder}/`, '');
    return {
      paths: found.paths.map(bare),
      notes: found.notes.map(bare),
      problems: found.problems.map(({ code, message }) => `${code}: ${bare(message)}`),
    };
  };

  test('are those of a folder, without dotfiles and folders, which are named', async () => {
    expect(await find('dist')).toEqual({
      paths: ['dist/a.zip', 'dist/b.zip', 'dist/c[1].txt'],
      notes: ['dist: left out .hidden (a dotfile), sub (a folder)'],
      problems: [],
    });
  });

  test('are those of a glob, and each is there once', async () => {
    expect(await find('dist/b.zip', 'dist/*.zip', 'dist/**/*.zip', 'dist/c[1].txt')).toEqual({
      paths: ['dist/b.zip', 'dist/a.zip', 'dist/sub/deep.zip', 'dist/c[1].txt'],
      notes: [],
      problems: [],
    });
  });

  test('are asked for where there are none, where they are empty, or no files', async () => {
    expect((await find('dist/*.exe', 'nope', 'hollow', 'dist/sub/empty')).problems).toEqual([
      'NOT_FOUND: no file matches dist/*.exe',
      'NOT_FOUND: there is no file nope',
      'MISUSE: folder hollow holds no files to push',
      'INVALID_INPUT: dist/sub/empty is empty: a package has at least 1 byte',
    ]);
  });
});

describe('SHA256SUMS among the files', () => {
  const [one, two] = ['1'.repeat(64), '2'.repeat(64)];
  const pushed = [
    { filename: 'a.zip', sha256: one },
    { filename: 'b\\c', sha256: two },
  ];
  const why = (text: string) => problemOfSums('SHA256SUMS', text, pushed)?.message;

  test('is the same in any order, and with the marks of binary files', () => {
    expect(why(`\\${two}  b\\\\c\n${one}  a.zip\n`)).toBeUndefined();
    expect(why(`${one} *./a.zip\r\n\\${two.toUpperCase()} *b\\\\c\r\n`)).toBeUndefined();
  });

  test.each([
    [`${one}  a.zip\n`, 'it does not name b\\c'],
    [`${two}  a.zip\n`, `it has the SHA-256 ${two} for a.zip, and the file has ${one}`],
    [`${one}  other\n`, 'it names other, which is not pushed with it'],
    ['hello\n', 'line 1 is no line of sha256sum'],
  ])('is refused where it differs: %j', (text, reason) => {
    expect(why(text)).toContain(reason);
  });
});
