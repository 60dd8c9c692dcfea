/** The CDK's own command line, run against the emulator as an operator runs it against AWS. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cleanEnvironment } from '../support/server-process.ts';
import { ACCOUNT, type AwsEmulator, REGION } from '../support/servers/aws-emulator/aws-emulator.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const COMMAND = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** `name` of an output → its value. */
export type Outputs = Readonly<Record<string, string>>;

export interface Deployment {
  /** Laid over the settings of the stage. */
  readonly settings?: object;
  /** Instead of the app of this project: any command that synthesizes. */
  readonly app?: string;
}

export class Cdk {
  readonly #emulator: AwsEmulator;
  readonly #folder: string;
  readonly #stack: string;

  /** @param folder an empty one, for the cloud assembly and the outputs */
  constructor(emulator: AwsEmulator, folder: string, stack: string) {
    this.#emulator = emulator;
    this.#folder = folder;
    this.#stack = stack;
  }

  async bootstrap(): Promise<void> {
    await this.#cdk(['bootstrap', `aws://${ACCOUNT}/${REGION}`]);
  }

  /** @returns the outputs of the stack. @throws with what the command wrote */
  async deploy(deployment: Deployment = {}): Promise<Outputs> {
    const file = join(this.#folder, 'outputs.json');
    const how = ['--require-approval', 'never', '--concurrency', '4', '--outputs-file', file];
    await this.#cdk(['deploy', this.#stack, ...how, ...this.#asked(deployment)]);
    const outputs: Readonly<Record<string, Outputs>> = JSON.parse(await readFile(file, 'utf8'));
    const own = outputs[this.#stack];
    if (own === undefined) throw new Error(`no outputs of ${this.#stack} in ${JSON.stringify(outputs)}`);
    return own;
  }

  /** The template that `deploy` would send. */
  async synth(deployment: Deployment = {}): Promise<unknown> {
    await this.#cdk(['synth', this.#stack, '--quiet', ...this.#asked(deployment)]);
    return JSON.parse(await readFile(join(this.#folder, 'cdk.out', `${this.#stack}.template.json`), 'utf8'));
  }

  async destroy(): Promise<void> {
    await this.#cdk(['destroy', this.#stack, '--force', ...this.#asked({})]);
  }

  #asked({ settings, app }: Deployment): readonly string[] {
    const laid = settings === undefined ? [] : ['--context', `settings=${JSON.stringify(settings)}`];
    return ['--output', join(this.#folder, 'cdk.out'), ...laid, ...(app === undefined ? [] : ['--app', app])];
  }

  async #cdk(words: readonly string[]): Promise<void> {
    await run(process.execPath, [COMMAND, ...words, '--no-notices', '--ci', '--no-color'], {
      cwd: root,
      env: cleanEnvironment(this.#emulator.environment),
      maxBuffer: MAX_OUTPUT_BYTES,
    });
  }
}
