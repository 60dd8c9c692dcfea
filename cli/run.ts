/** Runs one command line, from its arguments to its exit code. */
import { CommanderError } from 'commander';
import { RELEASE } from '../core/release.ts';
import { watchOutput } from './command/broken-output.ts';
import type { Cli } from './command/cli.ts';
import { explain } from './command/explain.ts';
import { onInterruption } from './command/interruption.ts';
import { EXIT, type ExitCode } from './output/fault.ts';
import { Output } from './output/output.ts';
import { programOf } from './program.ts';

/**
 * @param words without the names of node and the script
 * @returns the exit code; the process then ends by itself
 */
export async function run(words: readonly string[]): Promise<ExitCode> {
  const { stdout, stderr, env } = process;
  const { flushed } = watchOutput({ stdout, stderr }, words.includes('--json'));
  const { signal, release } = onInterruption();
  const cli: Cli = { stdout, stderr, env, version: RELEASE, signal, exitCode: EXIT.done };
  const exitCode = await runCommand(cli, words);
  const isSaid = await flushed();
  release();
  return exitCode === EXIT.done && !isSaid ? EXIT.failed : exitCode;
}

async function runCommand(cli: Cli, words: readonly string[]): Promise<ExitCode> {
  try {
    const program = await programOf(cli, words[0]);
    await program.parseAsync(words, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    // Commander has already printed the error; help and version are not errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.misuse;
    const fault = explain(error);
    new Output(cli, words.includes('--json')).fault(fault);
    return fault.exitCode;
  }
}
