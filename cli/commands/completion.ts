/** `stowage completion`: prints a script with which a shell completes commands and flags. */
import { Argument, type Command } from 'commander';
import type { Cli } from '../command/cli.ts';
import { commandTree } from '../completion/command-tree.ts';
import { completionScript, SHELLS, type Shell } from '../completion/scripts.ts';

const NOTES = `
To use it in this shell:
  bash   source <(stowage completion bash)
  zsh    source <(stowage completion zsh)
  fish   stowage completion fish | source
To use it in every shell, put that line into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish.`;

export function addCompletion(program: Command, cli: Cli): void {
  program
    .command('completion')
    .description('print a script that completes commands and flags in a shell')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText('after', NOTES)
    .action((shell: Shell) => {
      cli.stdout.write(completionScript(shell, commandTree(program)));
    });
}
