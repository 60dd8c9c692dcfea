/**
 * Lists the commands of `stowage`. Each has its own file, which is loaded when the command is used,
 * and loads heavy modules only when it runs.
 */

import { Command, type Option } from 'commander';
import type { Cli } from './command/cli.ts';
import { printable } from './output/printable.ts';

const NOTES = `
Where the service is: --url, --stack (of AWS, read with your AWS credentials), STOWAGE_URL, url in the config file, what a server that
runs in this folder left, http://127.0.0.1:8787.
The token: --token - (from stdin), --token-file, STOWAGE_TOKEN or token in the config file, for a URL that you name; the admin token beside a server in this
folder, for that server; in a CI job without any, the token that the CI system signs for the job is exchanged for one of minutes. It is sent only to the service that it is for, and never given on the command line. stowage login writes the
config file, stowage/config.json at the platform's place for such files: {"url": "https://...", "token": "stw_..."}.

Exit codes: 0 done, 1 failed, 2 misuse, 130 stopped by Ctrl-C.`;

type AddCommand = (program: Command, cli: Cli) => void;

/** By name, in the order of the help text. */
export const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  serve: async () => (await import('./commands/serve.ts')).addServe,
  push: async () => (await import('./commands/push.ts')).addPush,
  release: async () => (await import('./commands/release.ts')).addRelease,
  seal: async () => (await import('./commands/seal.ts')).addSeal,
  pull: async () => (await import('./commands/pull.ts')).addPull,
  ls: async () => (await import('./commands/ls.ts')).addLs,
  show: async () => (await import('./commands/show.ts')).addShow,
  check: async () => (await import('./commands/check.ts')).addCheck,
  'verify-release': async () => (await import('./commands/verify-release.ts')).addVerifyRelease,
  yank: async () => (await import('./commands/yank.ts')).addYank,
  restore: async () => (await import('./commands/restore.ts')).addRestore,
  rm: async () => (await import('./commands/rm.ts')).addRm,
  link: async () => (await import('./commands/link.ts')).addLink,
  channel: async () => (await import('./commands/channel.ts')).addChannel,
  rollout: async () => (await import('./commands/rollout.ts')).addRollout,
  'install-script': async () => (await import('./commands/install-script.ts')).addInstallScript,
  audit: async () => (await import('./commands/audit.ts')).addAudit,
  token: async () => (await import('./commands/token.ts')).addToken,
  trust: async () => (await import('./commands/trust.ts')).addTrust,
  login: async () => (await import('./commands/login.ts')).addLogin,
  logout: async () => (await import('./commands/logout.ts')).addLogout,
  whoami: async () => (await import('./commands/whoami.ts')).addWhoami,
  backup: async () => (await import('./commands/backup.ts')).addBackup,
  catalog: async () => (await import('./commands/catalog.ts')).addCatalog,
  table: async () => (await import('./commands/table.ts')).addTable,
  'cdn-keys': async () => (await import('./commands/cdn-keys.ts')).addCdnKeys,
  'release-keys': async () => (await import('./commands/release-keys.ts')).addReleaseKeys,
  verify: async () => (await import('./commands/verify.ts')).addVerify,
  migrate: async () => (await import('./commands/migrate.ts')).addMigrate,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
  completion: async () => (await import('./commands/completion.ts')).addCompletion,
};

/**
 * Throws commander's errors instead of ending the process.
 * @param first the first word that the user gave: if it is a command, only that one is loaded
 */
export async function programOf(cli: Cli, first = ''): Promise<Command> {
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
  for (const add of await commandsFor(first)) add(program, cli);
  checkUnknownFlagsFirst(program);
  return program;
}

/** Help and completion list all commands, and so does the suggestion for a mistyped one. */
function commandsFor(first: string): Promise<readonly AddCommand[]> {
  const isAlone = Object.hasOwn(COMMANDS, first) && first !== 'completion';
  const wanted = isAlone ? [COMMANDS[first]] : Object.values(COMMANDS);
  return Promise.all(wanted.flatMap((load) => load?.() ?? []));
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
