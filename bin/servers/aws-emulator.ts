/** The emulator of AWS that the rehearsal deploys to: a Python package in an environment of its own. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findBinary, runInstaller } from './binaries.ts';
import type { Installable } from './installable.ts';

/** The mends in test/support/servers/aws-emulator/ reach into private functions of this one release. */
const VERSION = '1.5.33';

/** Python with the emulator in it. */
export function emulatorPython(): string {
  return join(environmentFolder(), 'bin', 'python');
}

export const awsEmulator: Installable = {
  name: 'AWS emulator',
  takes: `Python 3.11 or later with venv, and pip install ministack==${VERSION} cryptography`,
  // Written last by pip.
  isThere: () => existsSync(join(environmentFolder(), 'bin', 'ministack')),
  async install() {
    const folder = environmentFolder();
    await runInstaller(findBinary('python3') ?? 'python3', ['-m', 'venv', folder]);
    await runInstaller(join(folder, 'bin', 'pip'), ['install', '-q', `ministack==${VERSION}`, 'cryptography']);
  },
};

/** 107 MB. https://specifications.freedesktop.org/basedir-spec/latest/ */
function environmentFolder(): string {
  const caches = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(caches, 'stowage', `ministack-${VERSION}`);
}
