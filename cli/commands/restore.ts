/** `stowage restore`: allows downloads of yanked files again. */
import type { Command } from 'commander';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { fileOf, findPackage } from '../command/find-package.ts';
import { needsNewer } from '../command/newer-service.ts';
import { type FileTarget, parseFileTarget, parseVersion } from '../command/targets.ts';

export function addRestore(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('restore'))
    .description('allow downloads of a yanked file again, or of all yanked files of a version')
    .argument('<target>', 'VERSION/FILE, or VERSION for all that is in it; a package id works, too')
    .addHelpText('after', '\nWith --json: the package; for a whole version {versionId, changed}.')
    .action((text: string, flags: RemoteFlags) =>
      inSession(
        cli,
        flags,
        (session) =>
          text.includes('/')
            ? restore(session, parseFileTarget(text))
            : restoreVersion(session, parseVersion(text)),
        { target: text },
      ),
    );
}

async function restore(session: Session, target: FileTarget): Promise<void> {
  const { client, output, signal } = session;
  const { versionId, packageId } = await findPackage(session, target);
  const restored = await client.restorePackage(versionId, packageId, { signal });
  output.document(restored);
  output.line(`${fileOf(restored)}: available`);
}

async function restoreVersion(session: Session, versionId: string): Promise<void> {
  const { client, output, signal } = session;
  const changed = await needsNewer(session, 'restore of whole versions', () =>
    client.restoreVersion(versionId, { signal }),
  );
  output.document({ versionId, changed });
  output.line(`${versionId}: ${changed === 0 ? 'nothing was yanked' : `${changed} restored`}`);
}
