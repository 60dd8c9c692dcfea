/** Whatever command the documentation names is there, and takes the flags that it shows. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { programOf } from '../../cli/program.ts';
import { readStage } from '../../lib/stage/read-stage.ts';
import { STAGES } from '../../lib/stages.ts';
import { commandsNamed, type NamedCommand } from './named-commands.ts';

const root = join(import.meta.dirname, '..', '..');

/** `page: command`, for messages. */
function titled(commands: readonly NamedCommand[]): [string, NamedCommand][] {
  return commands.map((command) => [`${command.page}: ${command.words.join(' ')}`, command]);
}

/** The program with commands that do nothing. */
async function idleProgram(): Promise<Command> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const program = await programOf({
    stdout: silent,
    stderr: silent,
    env: {},
    version: '0',
    signal: new AbortController().signal,
    exitCode: 0,
  });
  const idle = (command: Command) => {
    // Some groups are commands, too: they have flags of their own.
    const isCommand = command.parent !== null && command.options.length > 0;
    if (command.commands.length === 0 || isCommand) command.action(() => {});
    command.exitOverride();
    command.commands.forEach(idle);
  };
  idle(program);
  return program;
}

describe('commands of stowage that the documentation names', () => {
  const named = commandsNamed('stowage');
  const whole = named.filter(({ isWhole }) => isWhole);
  const parts = named.filter(({ isWhole }) => !isWhole);

  test.each(titled(whole))('%s', async (_title, { words }) => {
    const program = await idleProgram();

    expect(() => program.parse(words, { from: 'user' })).not.toThrow();
  });

  test.each(titled(parts))('%s', async (_title, { words }) => {
    const program = await idleProgram();
    const [name = '', ...rest] = words;
    const command = program.commands.find((one) => one.name() === name);
    // `set\|ls\|rm` in a table names three commands.
    const below = (rest[0] ?? '').split(/\\?\|/).filter((word) => /^[a-z]/.test(word));
    const flags = rest.filter((word) => word.startsWith('--'));

    expect(command?.name()).toBe(name);
    if (command === undefined) return;
    const known = command.commands.map((one) => one.name());
    if (known.length > 0) expect(known).toEqual(expect.arrayContaining(below));
    const takers = [command, ...command.commands.filter((one) => below.includes(one.name()))];
    expect(takers.flatMap(({ options }) => options.map(({ long }) => long))).toEqual(
      expect.arrayContaining(flags),
    );
  });

  test('a flag that is not there would be noticed', async () => {
    const program = await idleProgram();

    expect(() =>
      program.parse(['push', 'a.txt', '--version', '1', '--dyr'], { from: 'user' }),
    ).toThrow(expect.objectContaining({ code: 'commander.unknownOption' }));
  });
});

describe('scripts that the documentation names', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

  test.each(titled(commandsNamed('npm run')))('%s', (_title, { words }) => {
    expect(Object.keys(scripts)).toContain(words.find((word) => !word.startsWith('-')));
  });
});

describe('commands of cdk that the documentation names', () => {
  const named = commandsNamed('cdk');
  const helps = new Map<string, string>();

  /** What it says of itself. */
  function helpOf(command: string): string {
    const run = () =>
      execFileSync(process.execPath, [
        join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk'),
        command,
        '--help',
      ]);
    const help = helps.get(command) ?? run().toString();
    helps.set(command, help);
    return help;
  }

  test.each(titled(named))(
    '%s',
    (_title, { words: [command = '', ...rest] }) => {
      expect(helpOf(command)).toContain(`cdk ${command}`);
      for (const flag of rest.filter((word) => word.startsWith('--')))
        expect(helpOf(command)).toContain(flag);
    },
    60_000,
  );

  const onStacks = named.filter(
    ({ words: [command = '', ...rest], isWhole }) =>
      ['deploy', 'diff', 'destroy'].includes(command) && (isWhole || rest.length > 0),
  );

  // Without a name cdk refuses wherever the stage has a replica, which is a second stack.
  test.each(titled(onStacks))('%s, on a stack by its name', (_title, { words }) => {
    const [, name, ...rest] = words;
    const stage = rest.find((word) => word.startsWith('stage='))?.slice('stage='.length);

    expect(name).toBe(`Stowage-${stage ?? 'dev'}`);
  });

  test.each(titled(named.filter(({ words }) => words.includes('-c'))))(
    '%s',
    (_title, { words }) => {
      const given = words.flatMap((word, at) => (word === '-c' ? [words[at + 1] ?? ''] : []));
      const context = Object.fromEntries(given.map((pair) => pair.split(/=(.*)/s, 2)));

      expect(Object.keys(context).filter((name) => !['stage', 'settings'].includes(name))).toEqual(
        [],
      );
      expect(readStage(STAGES, { ...context, presignedUrls: undefined })).toMatchObject({
        name: context['stage'] ?? 'dev',
      });
    },
  );
});
