/** Where binaries lie that tests run, and how installers are run. */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Where `go install` puts binaries: https://pkg.go.dev/cmd/go#hdr-Compile_and_install_packages_and_dependencies */
export function goBin(): string {
  const { GOBIN, GOPATH } = process.env;
  if (GOBIN) return GOBIN;
  const [path] = (GOPATH ?? '').split(delimiter);
  return join(path || join(homedir(), 'go'), 'bin');
}

/**
 * `named` where it is given; otherwise the first of that name on the PATH, where `go install` puts
 * it, or where Go itself is.
 */
export function findBinary(name: string, named?: string): string | undefined {
  if (named) return named;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), goBin(), '/usr/local/go/bin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs an installer to its end, silently. @throws with what it wrote where it fails */
export async function runInstaller(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const options = { env: { ...process.env, ...env }, maxBuffer: MAX_OUTPUT_BYTES };
  await promisify(execFile)(file, args, options);
}

/**
 * Where tools are installed that are not meant for the PATH.
 * @param name with the release, so that another release gets a place of its own
 * https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function cacheFolder(name: string): string {
  const caches = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(caches, 'stowage', name);
}
