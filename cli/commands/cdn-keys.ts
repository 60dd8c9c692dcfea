/**
 * `stowage cdn-keys`: shows and rotates the keys of a stage's CDN. It calls a function of the
 * stage, so private keys stay in AWS.
 */
import type { Command } from 'commander';
import type { KeyringDescription, StepDescription } from '../../core/cdn-keys/describe-keys.ts';
import type { Rotation } from '../../core/cdn-keys/rotate.ts';
import type { Cli, JsonFlag } from '../command/cli.ts';
import { awsOptions, endpointOf, findStack } from '../connection/find-stack.ts';
import { columns } from '../output/columns.ts';
import { failure } from '../output/fault.ts';
import { Output } from '../output/output.ts';

interface Flags extends JsonFlag {
  readonly stack: string;
}

/** The answer of the function (lambda/cdn-keys/run-rotation.ts). */
interface Answer extends KeyringDescription {
  readonly taken?: StepDescription & {
    readonly outcome: Rotation['outcome'];
    readonly reason?: string;
  };
}

const NOTES = `
Needs AWS credentials that may read the stack (cloudformation:DescribeStacks) and call its function for this (lambda:InvokeFunction).
With --json: one document, {keys, next, ...}.`;

export function addCdnKeys(program: Command, cli: Cli): void {
  const keys = program
    .command('cdn-keys')
    .description('keys that sign the links of a CDN; they also rotate by themselves');
  withFlags(keys.command('show'))
    .description('show the state of every key and the next step; never a private key')
    .action((flags: Flags) => show(cli, flags));
  withFlags(keys.command('rotate'))
    .description('take the next step now: let the spare sign, if it has waited long enough')
    .action((flags: Flags) => rotate(cli, flags, { rotate: true }));
  withFlags(keys.command('distrust'))
    .description(
      'give up a key that may have leaked: links that it signed stop at once. The one that signs: rotate first',
    )
    .argument('<key>', 'its name or its id, as printed by show')
    .action((key: string, flags: Flags) => rotate(cli, flags, { distrust: key }));
}

function withFlags(command: Command): Command {
  return command
    .requiredOption('--stack <name>', 'the deployed stack')
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES);
}

async function show(cli: Cli, flags: Flags): Promise<void> {
  const output = new Output(cli, flags.json === true);
  const answer = await ask(cli, flags, { show: true });
  output.document(answer);
  printKeys(output, answer);
}

async function rotate(cli: Cli, flags: Flags, order: object): Promise<void> {
  const output = new Output(cli, flags.json === true);
  const answer = await ask(cli, flags, order);
  const { taken } = answer;
  if (taken?.outcome === 'refused') {
    throw failure('UNAVAILABLE', `the CDN does not serve what the new key signs: ${taken.reason}`, {
      hint: 'the old key goes on signing; wait a moment, then run the same command again',
    });
  }
  output.document(answer);
  if (taken?.outcome === 'done') output.line(`done: ${stepText(taken)}`);
  if (taken?.outcome === 'waiting')
    output.line(`nothing can be done before ${taken.dueAt}: ${stepText(taken)}`);
  if (taken?.outcome === 'overtaken')
    output.line('the keys were moved by somebody else at the same time');
  printKeys(output, answer);
}

async function ask(cli: Cli, { stack: name }: Flags, order: object): Promise<Answer> {
  const stack = await findStack(name, cli.env);
  const { invokeFunction } = await import('../../storage/aws/invoke-function.ts');
  const { env } = cli;
  const options = {
    ...awsOptions(env),
    region: stack.output('Region'),
    ...endpointOf('LAMBDA', env),
  };
  return (await invokeFunction(stack.output('RotateFunction'), order, options)) as Answer;
}

function printKeys(output: Output, { keys, unreadable, strangers, next }: Answer): void {
  const rows = keys.map(({ name, keyId, state, since, leavesAt, isInGroup, isReadable }) => [
    name,
    keyId ?? '-',
    state,
    since ?? '-',
    isInGroup ? 'yes' : 'no',
    [leavesAt === undefined ? '' : `leaves ${leavesAt}`, isReadable ? '' : 'damaged']
      .filter(Boolean)
      .join(', '),
  ]);
  for (const line of columns(['NAME', 'KEY', 'STATE', 'SINCE', 'TRUSTED', ''], rows))
    output.line(line);
  output.line(`next: ${stepText(next)}, due ${next.dueAt}`);
  if (unreadable > 0)
    output.note(
      `the keyring holds ${unreadable} entries that can't be read; they are kept and not used`,
    );
  if (strangers.length > 0)
    output.note(`trusted by the CDN, but in no keyring: ${strangers.join(', ')}`);
}

function stepText({ kind, key = 'the spare' }: StepDescription): string {
  switch (kind) {
    case 'make':
      return 'make a new spare';
    case 'register':
      return `make ${key} known to the CDN`;
    case 'join':
      return `let the CDN trust ${key}`;
    case 'promote':
      return `let ${key} sign`;
    case 'leave':
      return `let the CDN trust ${key === 'the spare' ? 'the old key' : key} no more`;
    case 'forget':
      return `remove ${key}`;
    case 'wait':
      return 'wait';
  }
}
