/** `npm run words [PATH...]`: finds words that docs/glossary.md says not to use, and prints where. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** The word, and what to write instead. */
const AVOIDED: readonly (readonly [RegExp, string])[] = [
  [/\b(?:tells?|told|telling)\b/i, 'say, report, pass, or "gets"'],
  [/\bnobody\b/i, 'no one'],
  [/\bwhoever\b/i, 'anyone who'],
  [/\bstands\b/i, 'is'],
  [/\blies\b/i, 'is stored, is'],
  [/\bof ours\b/i, 'our, or name it'],
  [/\banew\b/i, 'again'],
  [/\bwhom\b/i, 'who'],
  [/\bfor ever\b/i, 'forever'],
  [/\bany more\b/i, 'leave it out, or "no longer"'],
];

/** This list, the pages that explain it, and what is generated or was written before it. */
const EXCEPT = [
  'tools/words.ts',
  'docs/glossary.md',
  'CHANGELOG.md',
  'LICENSE',
  'package-lock.json',
  'openapi.json',
];

const named = process.argv.slice(2);
const files = execFileSync('git', ['ls-files', '-z', '--', ...named], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => /\.(?:ts|js|md|json|ya?ml|sh|py)$/.test(file))
  .filter((file) => !EXCEPT.includes(file) && !file.startsWith('test/fixtures/'))
  // Licences of others.
  .filter((file) => !file.endsWith('/THIRD-PARTY-LICENSES.md'));

let hits = 0;
for (const file of files) {
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
  for (const [index, line] of lines.entries()) {
    for (const [word, instead] of AVOIDED) {
      const found = word.exec(line)?.[0];
      if (found === undefined) continue;
      hits++;
      console.log(`${file}:${index + 1}: "${found}" (write: ${instead})`);
    }
  }
}
console.log(`${hits} words to replace in ${files.length} files`);
process.exitCode = hits === 0 ? 0 : 1;
