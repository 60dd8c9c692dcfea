/** `stowage yank`: stops downloads of a file, or of all files of a version. */
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

interface Flags extends RemoteFlags {
  readonly reason?: string;
}

const LINKS = 'links handed out before work until they expire, but on AWS, where they end now';

export function addYank(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('yank'))
    .description('stop downloads of a file, or of all files of a version, without deleting them')
    .argument('<target>', 'VERSION/FILE, or VERSION for all that is in it; a package id works, too')
    .option('--reason <text>', 'shown to anyone who asks for the file')
    .addHelpText(
      'after',
      '\nstowage restore undoes it.\nWith --json: the package; for a whole version {versionId, changed}.',
    )
    .action((text: string, flags: Flags) =>
      inSession(
        cli,
        flags,
        (session) =>
          text.includes('/')
            ? yank(session, parseFileTarget(text), flags)
            : yankVersion(session, parseVersion(text), flags),
        { target: text },
      ),
    );
}

async function yank(session: Session, target: FileTarget, flags: Flags): Promise<void> {
  const { client, output, signal } = session;
  const { versionId, packageId } = await findPackage(session, target);
  const yanked = await client.yankPackage(versionId, packageId, reasonOf(flags), { signal });
  output.document(yanked);
  output.line(`${fileOf(yanked)}: yanked; ${LINKS}`);
}

async function yankVersion(session: Session, versionId: string, flags: Flags): Promise<void> {
  const { client, output, signal } = session;
  const changed = await needsNewer(session, 'yank of whole versions', () =>
    client.yankVersion(versionId, reasonOf(flags), { signal }),
  );
  output.document({ versionId, changed });
  output.line(
    `${versionId}: ${changed === 0 ? 'nothing was left to yank' : `${changed} yanked; ${LINKS}`}`,
  );
}

function reasonOf({ reason }: Flags): { readonly reason?: string } {
  return reason === undefined ? {} : { reason };
}
