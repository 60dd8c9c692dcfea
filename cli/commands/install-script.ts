/** `stowage install-script`: prints an installer for `curl | sh`. */
import type { Command } from 'commander';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { parseChannel } from '../command/targets.ts';
import { misuse } from '../output/fault.ts';

interface Flags extends RemoteFlags {
  readonly name: string;
}

const NOTES = `
  stowage install-script stable --name tool > install.sh
  curl -fsSL https://example.com/install.sh | sh
  curl -fsSL https://example.com/install.sh | sh -s -- --version 1.4.0

The script finds the file of the channel that is for its computer (push --os, --arch, --libc, or filenames that say it), compares it
with SHA256SUMS, and puts the command into ~/.local/bin, or where INSTALL_DIR says. Where downloads are not public, it takes a token
from STOWAGE_TOKEN; make a channel public with: stowage channel set CHANNEL --public.
With --json: {script}.`;

export function addInstallScript(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('install-script'))
    .description('print a shell script that installs a command from a channel')
    .argument('<channel>', 'such as stable')
    .requiredOption('--name <name>', 'what the installed command is called')
    .addHelpText('after', NOTES)
    .action((channel: string, flags: Flags) =>
      inSession(cli, flags, (session) => print(cli, session, parseChannel(channel), flags.name), {
        token: 'optional',
      }),
    );
}

/** What is a plain filename in every shell and on every system. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}$/;

async function print(cli: Cli, session: Session, channel: string, name: string): Promise<void> {
  if (!NAME.test(name))
    throw misuse(
      `--name must be 1 to 64 letters, digits, ., _, + and -, and begin with a letter or digit, got ${JSON.stringify(name)}`,
    );
  const { client, connection, output, signal } = session;
  const { packages } = await client.getChannel(channel, { signal });
  if (!packages.some(({ os, arch }) => os !== undefined && arch !== undefined))
    output.note(
      `no file of channel ${channel} says which computer it is for: the script will find none; push with --os and --arch`,
    );
  const { installScript } = await import('../install/script.ts');
  const script = installScript({ url: connection.url.replace(/\/+$/, ''), channel, name });
  output.document({ script });
  if (!output.json) cli.stdout.write(script);
}
