/** What can be typed after `stowage`, as the program itself declares it. */
import type { Command, Option } from 'commander';

export interface CommandNode {
  /** `channel set`; empty for `stowage` itself. */
  readonly path: string;
  readonly subcommands: readonly { readonly name: string; readonly about: string }[];
  readonly flags: readonly Flag[];
  /** What its argument may be, if it is one of a few. */
  readonly choices: readonly string[];
  /** Whether its arguments are files of this machine. */
  readonly takesFiles: boolean;
}

export interface Flag {
  readonly name: string;
  readonly about: string;
  /** What comes after it. Undefined if nothing has to. */
  readonly value: 'files' | 'text' | readonly string[] | undefined;
}

/** Elsewhere, FILE means one that was published. */
const WITH_LOCAL_FILES: ReadonlySet<string> = new Set(['push', 'catalog restore']);
const LOCAL_VALUE = /[<[](?:path|file|folder)[>\]]/;

/** The program first, then every command below it. */
export function commandTree(program: Command): readonly CommandNode[] {
  return nodesOf(program, '');
}

function nodesOf(command: Command, path: string): readonly CommandNode[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command);
  const node: CommandNode = {
    path,
    subcommands: below.map((one) => ({ name: one.name(), about: firstLine(one.description()) })),
    flags: help.visibleOptions(command).map(flagOf),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    takesFiles: WITH_LOCAL_FILES.has(path),
  };
  const known = new Set<Command>(command.commands);
  return [
    node,
    ...below
      // `help` itself takes the name of a command.
      .filter((one) => known.has(one))
      .flatMap((one) => nodesOf(one, `${path} ${one.name()}`.trim())),
  ];
}

function flagOf(option: Option): Flag {
  const { long, short, description, required, argChoices, flags } = option;
  const value = LOCAL_VALUE.test(flags) ? 'files' : (argChoices ?? 'text');
  return {
    name: long ?? short ?? '',
    about: firstLine(description),
    value: required ? value : undefined,
  };
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
