/** The CDK's own command line, run against the emulator as an operator runs it against AWS. */
import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sha256Of } from '../fixtures/sha256-of.ts';
import type { Outputs } from '../support/deployed/deployed-stack.ts';
import { cleanEnvironment } from '../support/server-process.ts';
import { ACCOUNT, type AwsEmulator, REGION } from '../support/servers/aws-emulator/aws-emulator.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const COMMAND = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** A resource of a template. */
export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
}

/** A folder that `cdk synth` wrote. */
export type Assembly = string & { readonly assembly: unique symbol };

export class Cdk {
  readonly #emulator: AwsEmulator;
  readonly #folder: string;
  readonly #stack: string;

  /** @param folder for cloud assemblies and outputs */
  constructor(emulator: AwsEmulator, folder: string, stack: string) {
    this.#emulator = emulator;
    this.#folder = folder;
    this.#stack = stack;
  }

  async bootstrap(): Promise<void> {
    await this.#cdk(['bootstrap', `aws://${ACCOUNT}/${REGION}`]);
  }

  /** Bundles the functions and writes the template. @param settings laid over those of the stage */
  async synth(name: string, settings: object): Promise<Assembly> {
    const output = join(this.#folder, name);
    const context = ['--context', `settings=${JSON.stringify(settings)}`];
    await this.#cdk(['synth', this.#stack, '--quiet', '--output', output, ...context]);
    return output as Assembly;
  }

  /** @returns the outputs of the stack. @throws with what the command wrote */
  async deploy(assembly: Assembly): Promise<Outputs> {
    const file = join(this.#folder, 'outputs.json');
    const how = ['--require-approval', 'never', '--outputs-file', file];
    await this.#cdk(['deploy', this.#stack, ...how, '--app', assembly]);
    const outputs: Readonly<Record<string, Outputs>> = JSON.parse(await readFile(file, 'utf8'));
    const own = outputs[this.#stack];
    if (own === undefined)
      throw new Error(`no outputs of ${this.#stack} in ${JSON.stringify(outputs)}`);
    return own;
  }

  /** Makes the change set of a deployment, and does not execute it. */
  async prepare(changeSetName: string, assembly: Assembly): Promise<void> {
    const how = [
      '--method',
      'prepare-change-set',
      '--change-set-name',
      changeSetName,
      '--require-approval',
      'never',
    ];
    await this.#cdk(['deploy', this.#stack, ...how, '--app', assembly]);
  }

  /** The same with another template for the stack. @param name of the copy */
  async edit(
    assembly: Assembly,
    name: string,
    change: (resources: Record<string, Resource>) => void,
  ): Promise<Assembly> {
    const copy = `${assembly}-${name}` as Assembly;
    await cp(assembly, copy, { recursive: true });
    const file = join(copy, `${this.#stack}.template.json`);
    const template: { Resources: Record<string, Resource> } = JSON.parse(
      await readFile(file, 'utf8'),
    );
    change(template.Resources);
    const text = JSON.stringify(template);
    await writeFile(file, text);
    await this.#rehash(copy, sha256Of(text));
    return copy;
  }

  /** The same with one more resource, which can not be made, and is tried last. */
  broken(assembly: Assembly): Promise<Assembly> {
    return this.edit(assembly, 'broken', (resources) => {
      const EncodedKey = 'no key at all';
      resources['Broken'] = {
        Type: 'AWS::CloudFront::PublicKey',
        DependsOn: Object.keys(resources),
        Properties: { PublicKeyConfig: { CallerReference: 'broken', Name: 'broken', EncodedKey } },
      };
    });
  }

  async destroy(assembly: Assembly): Promise<void> {
    await this.#cdk(['destroy', this.#stack, '--force', '--app', assembly]);
  }

  /** A template is uploaded under its hash, once: one that was changed needs another. */
  async #rehash(assembly: Assembly, newHash: string): Promise<void> {
    const assets = join(assembly, `${this.#stack}.assets.json`);
    const { files }: { files: Record<string, { source: { path: string } }> } = JSON.parse(
      await readFile(assets, 'utf8'),
    );
    const named = Object.entries(files).find(
      ([, { source }]) => source.path === `${this.#stack}.template.json`,
    );
    if (named === undefined) throw new Error(`no template among the assets of ${assembly}`);
    const [hash] = named;
    for (const file of [assets, join(assembly, 'manifest.json')]) {
      await writeFile(file, (await readFile(file, 'utf8')).replaceAll(hash, newHash));
    }
  }

  #cdk(words: readonly string[]): Promise<void> {
    return runCdk(this.#emulator, words);
  }
}

/** The command line in the folder of the app. @throws with what the command wrote */
export async function runCdk(emulator: AwsEmulator, words: readonly string[]): Promise<void> {
  await run(process.execPath, [COMMAND, ...words, '--no-notices', '--ci', '--no-color'], {
    cwd: root,
    env: cleanEnvironment(emulator.environment),
    maxBuffer: MAX_OUTPUT_BYTES,
  });
}
