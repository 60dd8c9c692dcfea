/** The emulator of AWS that the rehearsal deploys to: a Python package in an environment of its own, of 107 MB. */
import type { Installable } from './installable.ts';
import { hasPythonProgram, installPython, pythonProgram } from './python-environment.ts';

/** The mends in test/support/servers/aws-emulator/ reach into private functions of this one release. */
const VERSION = '1.5.33';
const ENVIRONMENT = `ministack-${VERSION}`;

/** Python with the emulator in it. */
export function emulatorPython(): string {
  return pythonProgram(ENVIRONMENT, 'python');
}

export const awsEmulator: Installable = {
  name: 'AWS emulator',
  takes: `Python 3.11 or later with venv, and pip install ministack==${VERSION} cryptography`,
  isThere: () => hasPythonProgram(ENVIRONMENT, 'ministack'),
  install: () => installPython(ENVIRONMENT, [`ministack==${VERSION}`, 'cryptography']),
};
