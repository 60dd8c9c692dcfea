/** `stowage pull`: downloads files and verifies their bytes. */
import type { Command } from 'commander';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { eachFile } from '../command/each-file.ts';
import { humanSize } from '../output/sizes.ts';
import type { PullItem } from '../pull/plan-pull.ts';
import type { PullOutcome } from '../pull/pull-file.ts';

interface Flags extends RemoteFlags {
  readonly channel?: string;
  readonly out: string;
  readonly force?: boolean;
  readonly allowAnyName?: boolean;
}

const NOTES = `
  stowage pull 1.4.0                        every available file of a version
  stowage pull 1.4.0/linux-x64.tar.gz       one file
  stowage pull --channel stable             every file of the version that a channel points at
  stowage pull linux-x64 --channel stable   one of them

Files get the names that were recorded. Names that begin with a dot or a dash, or hold invisible
characters, are refused unless --allow-any-name is given; names outside the folder always are.
A file grows as NAME.DIGEST.part, from which a later run continues, and gets its name when size and
SHA-256 are proven. Only one pull at a time writes the same bytes to the same name: another one ends
with PULL_IN_PROGRESS.
With --json: one line a file, {versionId, file, path, size, sha256, outcome: "pulled" | "resumed" |
"already-there"} or {versionId, file, path, error: {code, message, hint?, requestId?}}. What keeps all files from being fetched is
{error} on stderr.`;

export function addPull(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('pull'))
    .description('fetch files')
    .argument('[target...]', 'VERSION, VERSION/FILE or, with --channel, FILE')
    .option('--channel <channel>', "the channel's version")
    .option('--out <folder>', 'folder to put the files in', '.')
    .option('--force', 'replace other files of the same names')
    .option(
      '--allow-any-name',
      'also names that begin with a dot or a dash, or hold invisible characters',
    )
    .addHelpText('after', NOTES)
    .action((targets: readonly string[], flags: Flags) =>
      inSession(cli, flags, (session) => pull(cli, session, targets, flags), {
        token: 'optional',
        isLong: true,
        ...(targets[0] === undefined ? {} : { target: targets[0] }),
      }),
    );
}

/** These errors would stop the other files too. */
const GENERAL: ReadonlySet<string> = new Set([
  'INTERRUPTED',
  'UNAUTHENTICATED',
  'UNREACHABLE',
  'ENOSPC',
  'EROFS',
]);

async function pull(
  cli: Cli,
  session: Session,
  targets: readonly string[],
  flags: Flags,
): Promise<void> {
  const { planPull } = await import('../pull/plan-pull.ts');
  const { pullFile } = await import('../pull/pull-file.ts');
  const { client, signal } = session;
  await session.reach();
  const { channel, out: folder, allowAnyName = false } = flags;
  const items = await planPull(client, targets, {
    channel,
    folder,
    takesAnyName: allowAnyName,
    signal,
  });
  await eachFile(cli, session, items, {
    run: async (item) =>
      report(session, item, await pullFile(session, item, { force: flags.force === true })),
    about,
    target: ({ versionId, file }) => `${versionId}/${file}`,
    general: GENERAL,
  });
}

function about({ versionId, file, path }: PullItem) {
  return { versionId, file, path };
}

const WORDS: Readonly<Record<PullOutcome, string>> = {
  pulled: 'pulled',
  resumed: 'pulled the rest of',
  'already-there': 'already there,',
};

function report({ output }: Session, item: PullItem, outcome: PullOutcome): void {
  const { size, sha256 } = item.link;
  output.document({ ...about(item), size, sha256, outcome });
  output.line(`${item.path}: ${WORDS[outcome]} ${humanSize(size)}, sha256 ${sha256}`);
}
