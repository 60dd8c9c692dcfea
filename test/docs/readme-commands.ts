/** The commands of the README as a reader types them, and what their comments promise. */
import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** Makes `npx stowage` work in a folder as it does in a checkout. */
export function linkCheckout(folder: string): void {
  for (const name of ['node_modules', 'package.json', 'bin'])
    symlinkSync(join(root, name), join(folder, name));
}

/** Runs the blocks that are marked with `name`, and finds what they promise among what they print, in order. */
export function expectPromises(
  name: string,
  folder: string,
  replaced: Readonly<Record<string, string>>,
): void {
  const script = Object.entries(replaced).reduce(
    (text, [from, to]) => text.replaceAll(from, to),
    scriptOf(name),
  );
  const promised = promisedBy(script);

  const printed = execFileSync('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
  });

  expect(promised.length).toBeGreaterThan(3);
  const lines = printed.split('\n');
  let from = 0;
  for (const promise of promised) {
    const at = lines.indexOf(promise, from);
    expect({ promise, found: at >= 0 }).toEqual({ promise, found: true });
    from = at + 1;
  }
}

/** The marked blocks, as one script. */
function scriptOf(name: string): string {
  const blocks = [...readme.matchAll(/<!-- test: (\S+) -->\n```sh\n([\s\S]*?)```/g)];
  return blocks
    .filter(([, marked]) => marked === name)
    .map(([, , script]) => script)
    .join('\n');
}

/** What the comments behind the commands promise, in order. */
function promisedBy(script: string): readonly string[] {
  return [...script.matchAll(/ {2,}# (.+)$/gm)].map(([, promise]) => promise ?? '');
}
