/** The recipes of examples/ci/publish: each names a rule that exists, for jobs of tags alone. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { presetOf } from '../../cli/trust/presets.ts';

const folder = join(import.meta.dirname, '..', '..', 'examples', 'ci', 'publish');

/** The flags of the command in the comment of a recipe. */
function flagsIn(recipe: string): Readonly<Record<string, string>> {
  const [, command = ''] = /# +stowage trust create ((?:.*\\\n)*.*)/.exec(recipe) ?? [];
  const words = command.replace(/\\\n#/g, ' ').replaceAll("'", '').trim().split(/\s+/);
  const pairs = words.flatMap((word, at) =>
    word.startsWith('--') ? [[word.slice(2), words[at + 1] ?? '']] : [],
  );
  return Object.fromEntries(pairs);
}

test.each(readdirSync(folder).filter((name) => name.endsWith('.yml')))(
  '%s names a rule that takes jobs of tags alone, and pushes to the service that it names',
  (name) => {
    const recipe = readFileSync(join(folder, name), 'utf8');
    const { versions, ...flags } = flagsIn(recipe);

    const { issuer, claims } = presetOf(flags, versions);

    expect(issuer).toMatch(/^https:/);
    expect(JSON.stringify(claims)).toMatch(/refs\/tags|"tag"|build_tag/);
    expect(recipe).toContain('STOWAGE_URL: https://releases.example.com');
    expect(recipe).toMatch(/npx stowage push dist --version "\$+\{[A-Z_]+#v\}"/);
  },
);
