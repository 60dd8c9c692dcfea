/** `stowage yank`: stops downloads of a package. */
import type { Command } from 'commander';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { fileOf, findPackage } from '../command/find-package.ts';
import { type PackageTarget, parsePackageTarget } from '../command/targets.ts';

interface Flags extends RemoteFlags {
  readonly reason?: string;
}

export function addYank(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('yank'))
    .description('stop downloads of a package, without deleting it')
    .argument('<package>', 'VERSION/PACKAGE')
    .option('--reason <text>', 'shown to anyone who asks for the package')
    .addHelpText('after', '\nWith --json: the package.')
    .action((text: string, flags: Flags) =>
      inSession(cli, flags, (session) => yank(session, parsePackageTarget(text), flags.reason), {
        target: text,
      }),
    );
}

async function yank(
  session: Session,
  target: PackageTarget,
  reason: string | undefined,
): Promise<void> {
  const { client, output, signal } = session;
  const { versionId, packageId } = await findPackage(session, target);
  const body = reason === undefined ? {} : { reason };
  const yanked = await client.yankPackage(versionId, packageId, body, { signal });
  output.document(yanked);
  output.line(
    `${fileOf(yanked)}: yanked; links handed out before live to their end, but on AWS, where they end now`,
  );
}
