/** `stowage release`: makes a draft visible to readers. */
import type { Command } from 'commander';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { parseVersion } from '../command/targets.ts';

export function addRelease(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('release'))
    .description('release a draft: from then on readers see all of its files')
    .argument('<version>')
    .addHelpText(
      'after',
      '\nA draft is made by stowage push with several files or --draft. A release is for good.\nWith --json: the version.',
    )
    .action((version: string, flags: RemoteFlags) =>
      inSession(cli, flags, (session) => release(session, parseVersion(version)), {
        target: version,
      }),
    );
}

async function release(session: Session, versionId: string): Promise<void> {
  const { releaseVersion } = await import('../push/draft.ts');
  const { client, output, signal } = session;
  // Releasing a version that is not there would create it.
  const found = await client.getVersion(versionId, { signal });
  const isReleased = found.draft !== true;
  output.document(isReleased ? found : await releaseVersion(session, versionId));
  output.line(`${versionId}: ${isReleased ? 'was released before' : 'released'}`);
}
