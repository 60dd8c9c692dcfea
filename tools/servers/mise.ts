/** mise, which installs tools by their version: an npm package that brings the program. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, findBinary, runInstaller } from './binaries.ts';
import type { Installable } from './installable.ts';

const PACKAGE = `@jdxcode/mise-${process.platform === 'darwin' ? 'macos' : process.platform}-${process.arch}`;
const RELEASE = '2026.9.15';
const FOLDER = cacheFolder(`mise-${RELEASE}`);

export function miseProgram(): string {
  return join(FOLDER, 'node_modules', ...PACKAGE.split('/'), 'bin', 'mise');
}

export const mise: Installable = {
  name: 'mise',
  takes: `npm install ${PACKAGE}@${RELEASE}`,
  isThere: () => existsSync(miseProgram()),
  install: async () => {
    const npm = findBinary('npm') ?? 'npm';
    const words = ['install', '--no-save', '--prefix', FOLDER, `${PACKAGE}@${RELEASE}`];
    await runInstaller(npm, words);
  },
};
