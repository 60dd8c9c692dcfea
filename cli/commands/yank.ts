/** `stowage yank`: stops downloads of a file, or of all files of a version. */
import type { Command } from 'commander';
import type { NamingFeedBody } from '../../client/stowage-client.ts';
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
      '\nstowage restore undoes it.\nIt warns where the feed of a channel names what was yanked.\nWith --json: the package; for a whole version {versionId, changed}; with the feeds that name it as feeds.',
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
  warnOfFeeds(session, yanked.feeds ?? []);
}

async function yankVersion(session: Session, versionId: string, flags: Flags): Promise<void> {
  const { client, output, signal } = session;
  let feeds: readonly NamingFeedBody[] = [];
  const onFeeds = (found: readonly NamingFeedBody[]) => {
    feeds = found;
  };
  const changed = await needsNewer(session, 'yank of whole versions', () =>
    client.yankVersion(versionId, reasonOf(flags), { signal, onFeeds }),
  );
  output.document({ versionId, changed, ...(feeds.length > 0 && { feeds }) });
  output.line(
    `${versionId}: ${changed === 0 ? 'nothing was left to yank' : `${changed} yanked; ${LINKS}`}`,
  );
  warnOfFeeds(session, feeds);
}

/** Their clients go on asking for what is no longer there. */
function warnOfFeeds({ output }: Session, feeds: readonly NamingFeedBody[]): void {
  for (const { channel, versionId, filename } of feeds)
    output.note(
      `warning: ${filename} of channel ${channel} (version ${versionId}) leads clients to it, and they get 410; point the channel at another version with: stowage channel rollback ${channel}`,
    );
}

function reasonOf({ reason }: Flags): { readonly reason?: string } {
  return reason === undefined ? {} : { reason };
}
