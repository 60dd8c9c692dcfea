/** `node tools/bundle-function.ts NAME FOLDER`: bundles one function as FOLDER/index.mjs, for a deployment from a checkout. */
import { bundle } from './bench/bundles.ts';
import { addFiles } from './function-files.ts';

const [, , name, folder] = process.argv;
if (name === undefined || folder === undefined) {
  console.error('usage: node tools/bundle-function.ts NAME FOLDER');
  process.exit(2);
}
await bundle(name, folder, 'index');
addFiles(name, folder);
