/**
 * `npm run build:console [FOLDER]`: bundles the console into static files, where the server finds
 * them. A part of `npm run build`, and of `npm start`.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { licencesOf } from './release/third-party.ts';

const root = join(import.meta.dirname, '..');
const sources = join(root, 'web', 'console');
const folder = resolve(process.argv[2] ?? join(sources, 'built'));

const COMMON = {
  absWorkingDir: root,
  bundle: true,
  entryNames: '[name]-[hash]',
  format: 'esm',
  logLevel: 'error',
  minify: true,
  outdir: folder,
  target: 'es2022',
} as const satisfies BuildOptions;

const inputs: string[] = [];

/** @returns the name of the built file */
async function buildOne(entry: string, more: BuildOptions = {}): Promise<string> {
  const entryPoints = [join(root, entry)];
  const { metafile } = await build({ ...COMMON, ...more, entryPoints, metafile: true });
  inputs.push(...Object.keys(metafile.inputs));
  const [built] = Object.entries(metafile.outputs).find(
    ([, output]) => output.entryPoint === entry,
  ) ?? ['none'];
  return basename(built);
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const worker = await buildOne('client/hashing/hash-worker.ts');
const css = await buildOne('web/console/console.css');
const js = await buildOne('web/console/app/main.tsx', {
  splitting: true,
  chunkNames: '[name]-[hash]',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  define: { HASH_WORKER: JSON.stringify(worker) },
});
const page = readFileSync(join(sources, 'index.html'), 'utf8');
writeFileSync(join(folder, 'index.html'), page.replace('{{css}}', css).replace('{{js}}', js));
copyFileSync(join(sources, 'icon.svg'), join(folder, 'icon.svg'));
writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.md'), licencesOf(root, inputs));
