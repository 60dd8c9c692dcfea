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
  /** What it reads from its standard input. */
  readonly input?: string;
}

/** The programs among these that are not on the PATH. */
export function missingPrograms(...programs: readonly string[]): readonly string[] {
  return programs.filter((program) => findBinary(program) === undefined);
}

/** @returns its exit code and what it wrote, also where it fails */
export async function runClient(
  program: string,
  args: readonly string[],
  { cwd, env, input }: RunOptions = {},
): Promise<Ran> {
  const path = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8' };
  const options = { env: { ...path, ...env }, ...(cwd !== undefined && { cwd }) };
  try {
    const running = promisify(execFile)(program, args, options);
    running.child.stdin?.end(input);
    return { code: 0, ...(await running) };
  } catch (error) {
    const failed = error as Ran;
    // Without a number it did not run.
    if (typeof failed.code !== 'number') throw error;
    return { code: failed.code, stdout: failed.stdout, stderr: failed.stderr };
  }
}

/** @throws with what it wrote where it fails */
export async function mustRun(
  program: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<string> {
  const { code, stdout, stderr } = await runClient(program, args, options);
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${stderr}`);
  return stdout;
}
