/** The licences of the packages whose code is in the bundles of functions. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/**
 * A page with one section a package: name, version, licence and its text.
 * @param sources files in the bundles, relative to the root
 */
export function licencesOf(root: string, sources: readonly string[]): string {
  const folders = new Set(sources.flatMap((source) => packageFolderOf(source) ?? []));
  const sections = [...folders].sort().map((folder) => sectionOf(join(root, folder)));
  return `# Licences of what is in the bundles\n\n${[...new Set(sections)].join('\n')}`;
}

/** `node_modules/a/node_modules/@b/c` of `node_modules/a/node_modules/@b/c/d.js`. */
function packageFolderOf(source: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1];
}

function sectionOf(folder: string): string {
  const { name, version, license } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Manifest;
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
  const body = text === '' ? 'The package has no file with its licence.' : text;
  return `## ${name} ${version}\n\n${license ?? 'no licence is named'}\n\n${body.replace(/^/gm, '    ')}\n`;
}
