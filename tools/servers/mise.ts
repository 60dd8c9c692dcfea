/** mise, which installs tools by their version: an npm package that brings the program. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findBinary, runInstaller } from './binaries.ts';
import type { Installable } from './installable.ts';

const PACKAGE = `@jdxcode/mise-${process.platform === 'darwin' ? 'macos' : process.platform}-${process.arch}`;
const RELEASE = '2026.9.15';

export function miseProgram(): string {
  return join(folder(), 'node_modules', ...PACKAGE.split('/'), 'bin', 'mise');
}

export const mise: Installable = {
  name: 'mise',
  takes: `npm install ${PACKAGE}@${RELEASE}`,
  isThere: () => existsSync(miseProgram()),
  install: async () => {
    const npm = findBinary('npm') ?? 'npm';
    const words = ['install', '--no-save', '--prefix', folder(), `${PACKAGE}@${RELEASE}`];
    await runInstaller(npm, words);
  },
};

/** https://specifications.freedesktop.org/basedir-spec/latest/ */
function folder(): string {
  const caches = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(caches, 'stowage', `mise-${RELEASE}`);
}
