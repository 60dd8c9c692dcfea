/** Runs commands of the CLI within the Action, and reads the JSON that they print. */
import { Writable } from 'node:stream';
import { Command } from 'commander';
import type { Cli } from '../cli/command/cli.ts';
import { EXIT, failure } from '../cli/output/fault.ts';
import { RELEASE } from '../core/release.ts';
import type { Environment } from './runner.ts';

type AddCommand = (program: Command, cli: Cli) => void;

/**
 * @param onLine is given each line of JSON that the command prints
 * @throws Fault where the command does
 * @returns whether all went well
 */
export async function runCommand(
  add: AddCommand,
  words: readonly string[],
  { env, signal }: { readonly env: Environment; readonly signal: AbortSignal },
  onLine: (line: unknown) => void,
): Promise<boolean> {
  const lines = new JsonLines(onLine);
  const messages: string[] = [];
  const cli: Cli = {
    stdout: lines,
    stderr: new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        messages.push(chunk.toString());
        done();
      },
    }),
    env,
    version: RELEASE,
    signal,
    exitCode: EXIT.done,
  };
  const program = new Command('stowage').enablePositionalOptions().exitOverride();
  program.configureOutput({ writeErr: (text) => messages.push(text), writeOut: () => undefined });
  add(program, cli);
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    const isCommander = error instanceof Error && error.constructor.name === 'CommanderError';
    throw isCommander ? failure('MISUSE', messages.join('').trim(), { cause: error }) : error;
  }
  return cli.exitCode === EXIT.done;
}

class JsonLines extends Writable {
  readonly #onLine: (line: unknown) => void;
  #rest = '';

  constructor(onLine: (line: unknown) => void) {
    super({ decodeStrings: false });
    this.#onLine = onLine;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(JSON.parse(line));
    done();
  }
}
