/** The commands that the documentation names, taken out of its text. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

export interface NamedCommand {
  readonly page: string;
  /** As a shell would divide it, without the program's name. */
  readonly words: readonly string[];
  /** Can be run as it is written. Commands in running text may leave out flags and arguments. */
  readonly isWhole: boolean;
}

const PAGES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'AGENTS.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, 'docs', 'clients')).map((name) => `docs/clients/${name}`),
];

/** @param program as it is written in commands, such as `stowage` or `npm run` */
export function commandsNamed(program: string): readonly NamedCommand[] {
  return PAGES.flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const blocks = [...text.matchAll(/^```(?:sh)?\n([\s\S]*?)^```/gm)].map(
      ([, block = '']) => block,
    );
    const inline = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(
      ([, code = '']) => code,
    );
    return [
      ...blocks
        .flatMap((block) => callsIn(program, block))
        .map((words) => ({ page, words, isWhole: true })),
      ...inline
        .flatMap((code) => callsIn(program, code))
        .map((words) => ({ page, words, isWhole: false })),
    ];
  });
}

function callsIn(program: string, script: string): readonly (readonly string[])[] {
  const call = new RegExp(`(?:^|[(&;]|\\bnpx) *${program} +([^\\n]*)`, 'gm');
  const joined = script.replaceAll(/\\\n\s*/g, '');
  return [...joined.matchAll(call)].map(([, rest = '']) => wordsOf(rest));
}

/** Up to what ends a command: a comment, a pipe, `&&`, the end of a substitution. Enough of a shell for what the pages show. */
function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  for (const [word] of text.matchAll(/(?:'[^']*'|"[^"]*"|\$\([^)]*\)|[^\s'")])+|\)/g)) {
    if (/^(#|\||&|;|>|\))/.test(word)) break;
    words.push(word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  }
  return words;
}
