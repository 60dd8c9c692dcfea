/**
 * Lists the commands of `stowage`. Each has its own file, which loads heavy modules only when it
 * runs.
 */

import { Command, type Option } from 'commander';
import type { Cli } from './command/cli.ts';
import { addCatalog } from './commands/catalog.ts';
import { addCdnKeys } from './commands/cdn-keys.ts';
import { addChannel } from './commands/channel.ts';
import { addCompletion } from './commands/completion.ts';
import { addDoctor } from './commands/doctor.ts';
import { addInstallScript } from './commands/install-script.ts';
import { addLink } from './commands/link.ts';
import { addLogin } from './commands/login.ts';
import { addLogout } from './commands/logout.ts';
import { addLs } from './commands/ls.ts';
import { addMigrate } from './commands/migrate.ts';
import { addPull } from './commands/pull.ts';
import { addPush } from './commands/push.ts';
import { addRelease } from './commands/release.ts';
import { addRestore } from './commands/restore.ts';
import { addRm } from './commands/rm.ts';
import { addServe } from './commands/serve.ts';
import { addShow } from './commands/show.ts';
import { addTable } from './commands/table.ts';
import { addToken } from './commands/token.ts';
import { addVerify } from './commands/verify.ts';
import { addWhoami } from './commands/whoami.ts';
import { addYank } from './commands/yank.ts';
import { printable } from './output/printable.ts';

const NOTES = `
Where the service is: --url, --stack (of AWS, read with your AWS credentials), STOWAGE_URL, url in the config file, what a server that
runs in this folder left, http://127.0.0.1:8787.
The token: --token - (from stdin), --token-file, STOWAGE_TOKEN or token in the config file, for a URL that you name; the admin token beside a server in this
folder, for that server. It is sent only to the service that it is for, and never given on the command line. stowage login writes the
config file, stowage/config.json at the platform's place for such files: {"url": "https://...", "token": "stw_..."}.

Exit codes: 0 done, 1 failed, 2 misuse, 130 stopped by Ctrl-C.`;

const COMMANDS = [
  addServe,
  addPush,
  addRelease,
  addPull,
  addLs,
  addShow,
  addYank,
  addRestore,
  addRm,
  addLink,
  addChannel,
  addInstallScript,
  addToken,
  addLogin,
  addLogout,
  addWhoami,
  addCatalog,
  addTable,
  addCdnKeys,
  addVerify,
  addMigrate,
  addDoctor,
  addCompletion,
];

/** Throws commander's errors instead of ending the process. */
export function programOf(cli: Cli): Command {
  const program = new Command('stowage')
    .description("Keeps a product's release files and hands them out.")
    .version(cli.version)
    // After a command, `--version` is a flag of that command.
    .enablePositionalOptions()
    .showHelpAfterError('(stowage help COMMAND says more)')
    .addHelpText('after', NOTES)
    .configureOutput({
      writeOut: (text) => cli.stdout.write(printable(text)),
      writeErr: (text) => cli.stderr.write(printable(text)),
    })
    .exitOverride();
  for (const add of COMMANDS) add(program, cli);
  checkUnknownFlagsFirst(program);
  return program;
}

/** What commander has, and its types leave out. */
interface Checks {
  unknownOption(flag: string): void;
  missingMandatoryOptionValue(option: Option): void;
}

/**
 * Makes commander look at unknown flags before missing ones, for a command and all commands below
 * it: `--vresion` is a mistyped `--version`.
 */
function checkUnknownFlagsFirst(command: Command): void {
  const checks = command as Command & Checks;
  const report = checks.missingMandatoryOptionValue.bind(command);
  checks.missingMandatoryOptionValue = (option) => {
    const unknown = command.args.find((word) => /^--?[^-]/.test(word));
    if (unknown !== undefined) checks.unknownOption(unknown);
    report(option);
  };
  command.commands.forEach(checkUnknownFlagsFirst);
}
