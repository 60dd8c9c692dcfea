/**
 * A part of `npm run build`: makes the hashing worker of `stowage/client` one file without imports,
 * so that bundlers, and pages without one, can take it as it is.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { licencesOf } from './release/third-party.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'dist', 'client', 'hashing');
const worker = join(folder, 'hash-worker.js');

const { metafile } = await build({
  entryPoints: [worker],
  outfile: worker,
  allowOverwrite: true,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  absWorkingDir: root,
  metafile: true,
  logLevel: 'error',
});
const licences = licencesOf(root, Object.keys(metafile.inputs));
writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.md'), licences);
