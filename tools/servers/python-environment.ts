/** Python packages in an environment of their own, below the cache folder of the user: none of them meets what is installed already. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, findBinary, runInstaller } from './binaries.ts';

/** A program of an environment. @param environment name and release, so that another release gets a place of its own */
export function pythonProgram(environment: string, program: string): string {
  return join(cacheFolder(environment), 'bin', program);
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
  await runInstaller(findBinary('python3') ?? 'python3', ['-m', 'venv', cacheFolder(environment)]);
  await runInstaller(pythonProgram(environment, 'pip'), ['install', '-q', ...packages]);
}
