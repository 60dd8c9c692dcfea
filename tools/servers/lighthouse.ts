/** Lighthouse, which measures pages in Chromium: an npm package of 176 MB with what it needs, so in a folder of its own. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, findBinary, runInstaller } from './binaries.ts';
import type { Installable } from './installable.ts';

const RELEASE = '13.5.0';
const FOLDER = cacheFolder(`lighthouse-${RELEASE}`);

/** Its command line, for Node. */
export function lighthouseProgram(): string {
  return join(FOLDER, 'node_modules', 'lighthouse', 'cli', 'index.js');
}

export const lighthouse: Installable = {
  name: 'Lighthouse',
  takes: `npm install lighthouse@${RELEASE}`,
  isThere: () => existsSync(lighthouseProgram()),
  install: async () => {
    const npm = findBinary('npm') ?? 'npm';
    const words = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--prefix', FOLDER];
    await runInstaller(npm, [...words, `lighthouse@${RELEASE}`]);
  },
};
