/**
 * The launcher of the program as the package has it: bundled, which starts in half the CPU time that
 * the sources take. The tests start it a thousand times. The first of them builds it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { keptFolder } from '../kept-folder.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** Everything that the CLI and its server are made of. */
const SOURCES = [
  ...['api', 'bin', 'cli', 'client', 'core', 'doctor', 'local', 'open', 'service', 'storage'],
  ...['web', 'tools/bundle-cli.ts', 'bin/stowage.js', 'package.json', 'package-lock.json'],
];

export const launcher = builtLauncher();

/** Starts the program from its sources. */
export const launcherOfSources = join(ROOT, 'bin', 'stowage.js');

function builtLauncher(): string {
  // Below node_modules, where the packages that are not bundled are found.
  const all = join(ROOT, 'node_modules', '.cache', 'stowage-program');
  const home = join(keptFolder(all, SOURCES), 'package');
  if (!existsSync(home))
    execFileSync(process.execPath, [join(import.meta.dirname, 'build-program.ts'), home]);
  return join(home, 'bin', 'stowage.js');
}
