/** Bundles the GitHub Action into one file, which is committed: GitHub installs nothing for an Action. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { licencesOf } from './release/third-party.ts';

const root = join(import.meta.dirname, '..');

/** Where the Action's files are. */
export const ACTION_FOLDER = join(root, 'action', 'built');

/** @returns the files of the folder, by their names: the same for the same sources and lock file */
export async function bundleAction(): Promise<Readonly<Record<string, string>>> {
  const { metafile, outputFiles } = await build({
    entryPoints: [join(root, 'action', 'main.ts')],
    outfile: join(ACTION_FOLDER, 'stowage.mjs'),
    absWorkingDir: root,
    bundle: true,
    // What `--stack` needs: the SDK of AWS. The Action has no such input.
    external: ['*/storage/aws/stack-outputs.ts'],
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minifyWhitespace: true,
    minifySyntax: true,
    // Packages of CommonJS use require, which an ES module does not have.
    banner: {
      js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
    },
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  return {
    'stowage.mjs': outputFiles.map(({ text }) => text).join(''),
    'THIRD-PARTY-LICENSES.md': licencesOf(root, Object.keys(metafile.inputs)),
  };
}
