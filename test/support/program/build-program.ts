/** Builds the program for tests: `node build-program.ts FOLDER`. */
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram } from '../../../tools/bundle-cli.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const [home = ''] = process.argv.slice(2);
// Other workers may look for it at any time, so it appears whole.
const mine = `${home}-${process.pid}`;

await bundleProgram({ folder: ROOT, extension: 'ts' }, join(mine, 'dist', 'program'));
mkdirSync(join(mine, 'bin'));
copyFileSync(join(ROOT, 'bin', 'stowage.js'), join(mine, 'bin', 'stowage.js'));
copyFileSync(join(ROOT, 'package.json'), join(mine, 'package.json'));
try {
  renameSync(mine, home);
} catch (error) {
  // Another worker was first.
  if (!existsSync(home)) throw error;
  rmSync(mine, { recursive: true });
}
