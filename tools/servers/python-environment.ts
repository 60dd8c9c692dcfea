/** Python packages in an environment of their own, below the cache folder of the user: none of them meets what is installed already. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findBinary, runInstaller } from './binaries.ts';

/** A program of an environment. @param environment name and release, so that another release gets a place of its own */
export function pythonProgram(environment: string, program: string): string {
  return join(folderOf(environment), 'bin', program);
}

/** pip writes programs last. */
export function hasPythonProgram(environment: string, program: string): boolean {
  return existsSync(pythonProgram(environment, program));
}

/** @throws with what the installer wrote where it can not */
export async function installPython(
  environment: string,
  packages: readonly string[],
): Promise<void> {
  await runInstaller(findBinary('python3') ?? 'python3', ['-m', 'venv', folderOf(environment)]);
  await runInstaller(pythonProgram(environment, 'pip'), ['install', '-q', ...packages]);
}

/** https://specifications.freedesktop.org/basedir-spec/latest/ */
function folderOf(environment: string): string {
  const caches = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(caches, 'stowage', environment);
}
