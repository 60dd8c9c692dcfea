/** `stowage restore`: allows downloads of a yanked package again. */
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

export function addRestore(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('restore'))
    .description('allow downloads of a yanked package again')
    .argument('<package>', 'VERSION/PACKAGE')
    .addHelpText('after', '\nWith --json: the package.')
    .action((text: string, flags: RemoteFlags) =>
      inSession(cli, flags, (session) => restore(session, parsePackageTarget(text)), {
        target: text,
      }),
    );
}

async function restore(session: Session, target: PackageTarget): Promise<void> {
  const { client, output, signal } = session;
  const { versionId, packageId } = await findPackage(session, target);
  const restored = await client.restorePackage(versionId, packageId, { signal });
  output.document(restored);
  output.line(`${fileOf(restored)}: available`);
}
