/** Files that a function carries beside its bundle. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** @param folder that of the bundle */
export function addFiles(name: string, folder: string): void {
  if (name !== 'console-resource') return;
  const program = join(import.meta.dirname, 'build-console.ts');
  execFileSync(process.execPath, [program, join(folder, 'console')], { stdio: 'inherit' });
}
