/**
 * A packed release, unpacked into a folder of its own: its CLI, its server and its client, as a
 * user has them.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { cleanEnvironment, ServerProcess } from '../../support/server-process.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
export const FIXTURES = join(ROOT, 'test', 'fixtures', 'release-8542cd9');
/** The first release whose programs and data every later one keeps working with. */
const TARBALL = join(FIXTURES, 'stowage-0.1.0.tgz');

/** What a program printed, and how it ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program and its server, of one release. */
export interface Program {
  /** Runs the CLI. Never throws for an exit code. */
  run(words: readonly string[], options?: RunOptions): Promise<Ran>;
  serve(path: string, env?: Readonly<Record<string, string>>): Promise<ServerProcess>;
  /** The address of a file of the client, to be imported. @param name such as `stowage-client` */
  client(name: string): string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Release extends Program {
  remove(): Promise<void>;
}

/** The sources of this checkout. */
export const CHECKOUT: Program = program(
  join(ROOT, 'bin', 'stowage.js'),
  (name) => pathToFileURL(join(ROOT, 'client', `${name}.ts`)).href,
);

/**
 * Its dependencies are those that it brings along, or those of this checkout: the registry is no
 * part of the tests.
 */
export async function unpackRelease(tarball: string = TARBALL): Promise<Release> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-release-'));
  const home = join(folder, 'package');
  await mkdir(home);
  await promisify(execFile)('tar', ['-xzf', tarball, '-C', folder]);
  const dependencies = join(home, 'node_modules');
  if (!existsSync(dependencies)) await symlink(join(ROOT, 'node_modules'), dependencies);
  return {
    ...program(
      join(home, 'bin', 'stowage.js'),
      (name) => pathToFileURL(join(home, 'dist', 'client', `${name}.js`)).href,
    ),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function program(launcher: string, client: Program['client']): Program {
  return {
    run: (words, { cwd = tmpdir(), env = {} } = {}) =>
      new Promise((resolve, reject) => {
        const options = { cwd, env: cleanEnvironment(env), maxBuffer: 64 * 1024 * 1024 };
        execFile(process.execPath, [launcher, ...words], options, (error, stdout, stderr) => {
          const code = error === null ? 0 : error.code;
          if (typeof code === 'number') resolve({ code, stdout, stderr });
          else reject(error);
        });
      }),
    serve: (path, env) => ServerProcess.start(path, env, launcher),
    client,
  };
}

/** Runs the CLI. @returns what it printed. @throws with what it said where it fails */
export async function succeed(
  program: Program,
  words: readonly string[],
  options?: RunOptions,
): Promise<string> {
  const ran = await program.run(words, options);
  if (ran.code === 0) return ran.stdout;
  throw new Error(`stowage ${words.join(' ')} ended with ${ran.code}: ${ran.stdout}${ran.stderr}`);
}
