/**
 * API.md: what `stowage/cdk` offers, read from the comments of its sources. The known generators
 * need the compiler as a library, which this release of TypeScript is not.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OF_STAGES_ONLY } from '../../lib/stowage-props.ts';

interface Member {
  readonly name: string;
  readonly type: string;
  readonly text: string;
  readonly default: string | undefined;
}

/** A comment, then `readonly name?: type;` or `name(parameters): type {`. */
const MEMBER =
  /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?^ {2}(?:readonly (\w+)\??: ([^;]+);|(\w+)(\(.*\)): (\w+) \{)$/gm;

export function apiPage(root: string): string {
  const members = (file: string, start: string) =>
    membersIn(readFileSync(join(root, file), 'utf8'), start);
  const settings = members('lib/stage/stage-settings.ts', 'export interface StageSettings');
  const own = members('lib/stowage-props.ts', 'export interface StowageProps');
  const inherited = settings.filter(
    ({ name }) =>
      !OF_STAGES_ONLY.some((other) => other === name) && !own.some((one) => one.name === name),
  );
  const sections = [
    ['Stowage', 'import { Stowage } from "stowage/cdk"', members('lib/stowage.ts', 'export class')],
    ['StowageProps', 'All are optional.', [...own, ...inherited]],
    ['OwnDomain', '', members('lib/stowage-props.ts', 'export interface OwnDomain')],
    ['ReplicaPlace', '', members('lib/stowage-props.ts', 'export interface ReplicaPlace')],
    [
      'StowageReplica',
      'import { StowageReplica } from "stowage/cdk/replica"',
      members('lib/replica/stowage-replica.ts', 'export class'),
    ],
    [
      'StowageReplicaProps',
      'All are optional.',
      members('lib/replica/stowage-replica.ts', 'export interface'),
    ],
  ] as const;
  const pages = sections.map(
    ([title, note, rows]) =>
      `## ${title}\n\n${note === '' ? '' : `${note.startsWith('import') ? `\`${note.replaceAll('"', "'")}\`` : note}\n\n`}${table(rows)}`,
  );
  return `# The construct\n\nWritten by \`npm run api\`; [docs/construct.md](docs/construct.md) says how to use it.\n\n${pages.join('\n')}`;
}

/** The members of the declaration that begins with `start`. */
export function membersIn(source: string, start: string): readonly Member[] {
  const from = source.indexOf(start);
  const body = source.slice(from, source.indexOf('\n}', from));
  return [...body.matchAll(MEMBER)].map(
    ([, comment = '', field, type, method, parameters, result]) => {
      const words = comment
        .split('\n')
        .map((line) => line.replace(/^\s*\*?\s?/, ''))
        .join(' ')
        .trim();
      const [text = '', fallback] = words.split(/\s*@default\s+/);
      return {
        name: field ?? `${method}()`,
        type: oneLine(type ?? `${parameters} => ${result}`),
        text: text.replace(/\s*@\w+.*$/, '').trim(),
        default: fallback?.trim(),
      };
    },
  );
}

function table(members: readonly Member[]): string {
  const withDefault = members.some((one) => one.default !== undefined);
  const cells = (...all: readonly string[]) =>
    `| ${all
      .slice(0, withDefault ? 4 : 3)
      .map((cell) => cell.replaceAll('|', '\\|'))
      .join(' | ')} |`;
  const rows = members.map((one) =>
    cells(`\`${one.name}\``, `\`${one.type}\``, one.text, one.default ?? ''),
  );
  return [
    cells('name', 'type', 'what it is', 'default'),
    cells('---', '---', '---', '---'),
    ...rows,
    '',
  ].join('\n');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/^\( /, '(').replace(/,? \)/, ')');
}
