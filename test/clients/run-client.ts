/** Runs the programs of stock clients, and says which of them this machine has. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findBinary } from '../../tools/servers/binaries.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The programs among these that are not on the PATH. */
export function missingPrograms(...programs: readonly string[]): readonly string[] {
  return programs.filter((program) => findBinary(program) === undefined);
}

/** @returns its exit code and what it wrote, also where it fails */
export async function runClient(
  program: string,
  args: readonly string[],
  { cwd, env }: RunOptions = {},
): Promise<Ran> {
  const path = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8' };
  const options = { env: { ...path, ...env }, ...(cwd !== undefined && { cwd }) };
  try {
    return { code: 0, ...(await promisify(execFile)(program, args, options)) };
  } catch (error) {
    const failed = error as Ran;
    // Without a number it did not run.
    if (typeof failed.code !== 'number') throw error;
    return { code: failed.code, stdout: failed.stdout, stderr: failed.stderr };
  }
}
