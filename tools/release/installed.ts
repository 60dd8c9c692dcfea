/** Holds what is installed in a folder against a lock file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PackageLock, packagesOf } from './production-lock.ts';

/**
 * A line for each package that is missing, or of another version than the lock file says.
 * @param home holds node_modules
 */
export function wronglyInstalled(home: string, lock: PackageLock): readonly string[] {
  return [...packagesOf(lock)].flatMap(([folder, locked]) => {
    const installed = installedIn(join(home, folder));
    return installed === locked
      ? []
      : [`${folder}: must be ${locked}, is ${installed ?? 'missing'}`];
  });
}

function installedIn(folder: string): string | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    return `${manifest['name']}@${manifest['version']}`;
  } catch {
    return undefined;
  }
}
