/**
 * schemathesis, which makes requests out of openapi.json and compares the answers with it: a Python
 * package in an environment of its own.
 */
import type { Installable } from './installable.ts';
import { hasPythonProgram, installPython, pythonProgram } from './python-environment.ts';

/** The requests are the same in each run of the same releases of these two. */
const PACKAGES = ['schemathesis==4.32.5', 'hypothesis==6.170.17'];
const ENVIRONMENT = PACKAGES.join('-').replaceAll('==', '-');

export function schemathesisProgram(): string {
  return pythonProgram(ENVIRONMENT, 'schemathesis');
}

export const schemathesis: Installable = {
  name: 'schemathesis',
  takes: `Python 3.11 or later with venv, and pip install ${PACKAGES.join(' ')}`,
  isThere: () => hasPythonProgram(ENVIRONMENT, 'schemathesis'),
  install: () => installPython(ENVIRONMENT, PACKAGES),
};
