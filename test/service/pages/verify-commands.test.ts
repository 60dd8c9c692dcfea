/** The commands on a page, run by a real shell: each word means itself, whatever the filename. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { whyNotFilename } from '../../../core/naming/filenames.ts';
import { shellWord, verifyCommands } from '../../../web/pages/verify-commands.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';

const HERE = { origin: 'https://files.example.com', needsToken: false };
const NAMES = [
  'tool.zip',
  '-rf',
  'two words.zip',
  "it's.zip",
  '$(touch hacked).zip',
  '`touch hacked`.zip',
  'a;touch hacked;.zip',
  'a"b.zip',
  'a&b|c>d<e.zip',
  '~root',
  '*',
  '!!.zip',
  '#hash',
  '大きい 😀.zip',
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowage-verify-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(filename: string) {
  const sha256 = sha256Of(`bytes of ${filename}`);
  return { filename, size: 1, sha256, href: `/packages/1/${encodeURIComponent(filename)}` };
}

test.each(NAMES)('check the file %j, and do nothing else', (filename) => {
  writeFileSync(join(folder, filename), `bytes of ${filename}`);
  const [, check = ''] = verifyCommands({ file: fileOf(filename), companions: [] }, HERE).split(
    '\n',
  );

  const shown = execFileSync('sh', ['-c', check], { cwd: folder, encoding: 'utf8' });

  expect(shown).toBe(`${filename}: OK\n`);
  expect(() => execFileSync('ls', ['hacked'], { cwd: folder, stdio: 'ignore' })).toThrow();
});

test('check a name with a backslash, which earlier releases allowed', () => {
  const filename = 'a\\b\\n.zip';
  writeFileSync(join(folder, filename), `bytes of ${filename}`);
  const [, check = ''] = verifyCommands({ file: fileOf(filename), companions: [] }, HERE).split(
    '\n',
  );

  expect(execFileSync('sh', ['-c', check], { cwd: folder, encoding: 'utf8' })).toContain(': OK');
});

test('quote every word so that a shell reads just that', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((one) => !one.includes('\0'));
  fc.assert(
    fc.property(text, (word) => {
      const read = execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' });
      expect(read).toBe(word);
    }),
    { numRuns: 60, examples: NAMES.map((name) => [name]) },
  );
});

test('download under the filename, with the token from ~/.netrc where one is needed', () => {
  const file = fileOf('-two words.zip');
  expect(whyNotFilename(file.filename)).toBeUndefined();
  const download = (needsToken: boolean) =>
    verifyCommands({ file, companions: [] }, { ...HERE, needsToken }).split('\n')[0];

  const url = 'https://files.example.com/packages/1/-two%20words.zip';
  expect(download(false)).toBe(`curl -fL -o './-two words.zip' ${url}`);
  expect(download(true)).toBe(`curl -n -fL -o './-two words.zip' ${url}`);
});

test('use each signature that can be downloaded, and no other', () => {
  const file = fileOf('t.zip');
  const companions = ['.minisig', '.asc', '.sigstore.json', '.intoto.jsonl', '.blockmap'].map(
    (end) => fileOf(`t.zip${end}`),
  );
  const yanked = companions.map((one) => ({ ...one, refused: 'Yanked' }));
  const programs = (beside: typeof companions) =>
    verifyCommands({ file, companions: beside }, HERE)
      .split('\n')
      .map((line) => line.split(' ')[0]);

  expect(programs(companions)).toEqual([
    ...['curl', 'echo', 'curl', 'minisign', 'curl', 'gpg'],
    ...['curl', 'cosign', 'curl', 'slsa-verifier'],
  ]);
  expect(programs(yanked)).toEqual(['curl', 'echo']);
});
