/** velopack, the update client of apps that Velopack packs: a Python package in an environment of its own. */
import { writeFile } from 'node:fs/promises';
import type { Installable } from './installable.ts';
import { hasPythonProgram, installPython, pythonProgram } from './python-environment.ts';

const PACKAGE = 'velopack==1.2.161';
const ENVIRONMENT = PACKAGE.replace('==', '-');
const INSTALLED = 'velopack-is-installed';

/** A Python that has the package. */
export function velopackPython(): string {
  return pythonProgram(ENVIRONMENT, 'python');
}

export const velopack: Installable = {
  name: 'velopack',
  takes: `Python 3.9 or later with venv, on Linux with glibc 2.28 or later, and pip install ${PACKAGE}`,
  // The package brings no program, by which one would see that pip is done.
  isThere: () => hasPythonProgram(ENVIRONMENT, INSTALLED),
  install: async () => {
    await installPython(ENVIRONMENT, [PACKAGE]);
    await writeFile(pythonProgram(ENVIRONMENT, INSTALLED), '');
  },
};
