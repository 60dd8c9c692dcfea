/** `stowage seal`: from then on no file can be added to a version. */
import type { Command } from 'commander';
import { isStowageError } from '../../client/stowage-error.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { parseVersion } from '../command/targets.ts';
import { failure } from '../output/fault.ts';

const NOTES = `
A seal is for good: no one can add a file or change the notes. Yank and delete stay possible. It needs scope release, and is refused
for a draft and while an upload of the version is under way. A sealed version is sealed again without a change.
With --json: the version.`;

interface Flags extends RemoteFlags {
  readonly discardUnfinished?: boolean;
}

export function addSeal(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('seal'))
    .description('seal a version: from then on no file can be added to it')
    .argument('<version>')
    .option('--discard-unfinished', 'give up the uploads of it that are under way')
    .addHelpText('after', NOTES)
    .action((version: string, flags: Flags) =>
      inSession(cli, flags, (session) => seal(session, parseVersion(version), flags), {
        target: version,
      }),
    );
}

async function seal(session: Session, versionId: string, flags: Flags): Promise<void> {
  const { client, output, signal } = session;
  const discardUnfinished = flags.discardUnfinished === true;
  try {
    const sealed = await client.sealVersion(versionId, { discardUnfinished }, { signal });
    output.document(sealed);
    output.line(`${versionId}: sealed ${sealed.sealedAt} by ${sealed.sealedBy}`);
  } catch (error) {
    if (!isStowageError(error, 'NOT_UPLOADED')) throw error;
    const { code, message, requestId } = error;
    const hint = `push that file again, or give up what is under way with: stowage seal ${versionId} --discard-unfinished`;
    throw failure(code, message, { hint, requestId, cause: error });
  }
}
