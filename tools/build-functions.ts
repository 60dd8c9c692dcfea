/**
 * The second half of `npm run build`: bundles every function into dist/functions, from where a
 * Stowage in an app of somebody else takes it, with the licences of what is in the bundles.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, functionNames } from './bench/bundles.ts';
import { addFiles } from './function-files.ts';
import { licencesOf } from './release/third-party.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'dist', 'functions');

const bundles = await Promise.all(
  functionNames().map((name) => bundle(name, join(folder, name), 'index')),
);
mkdirSync(folder, { recursive: true });
for (const { name } of bundles) addFiles(name, join(folder, name));
const sources = bundles.flatMap((one) => one.sources);
writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.md'), licencesOf(root, sources));
