/** `stowage pull`: downloads files and verifies their bytes. */
import type { Command } from 'commander';
import { humanSize } from '../../core/human-size.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { eachFile } from '../command/each-file.ts';
import { EXIT, failure, misuse } from '../output/fault.ts';
import type { LeftOut, PullItem } from '../pull/plan-pull.ts';
import type { PullOutcome } from '../pull/pull-file.ts';

interface Flags extends RemoteFlags {
  readonly channel?: string;
  readonly out: string;
  readonly force?: boolean;
  readonly allowAnyName?: boolean;
  readonly skipYanked?: boolean;
  readonly verify?: boolean;
  readonly key?: string;
}

const NOTES = `
  stowage pull 1.4.0                        every available file of a version
  stowage pull 1.4.0/tool-linux-x64.tar.gz  one file, by its filename
  stowage pull 1.4.0/linux-x64              one file, by its package id
  stowage pull --channel stable             every file of the version that a channel points at
  stowage pull tool.zip --channel stable    one file, also of an earlier version that the channel remembers

Yanked files of a version are left out: pull names them and exits 1, unless --skip-yanked is given.
Files get the names that were recorded. Names that begin with a dot or a dash, or hold invisible
characters, are refused unless --allow-any-name is given; names outside the folder always are.
A file grows as NAME.DIGEST.part, from which a later run continues, and gets its name when size and
SHA-256 are proven. Only one pull at a time writes the same bytes to the same name: another one ends
with PULL_IN_PROGRESS.
With --json: one line a file, {versionId, file, path, size, sha256, outcome: "pulled" | "resumed" |
"already-there"}, {versionId, file, outcome: "left-out", reason?} or {versionId, file, path, error: {code, message, hint?, requestId?}}. What keeps all files from being fetched is
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
    .option('--skip-yanked', 'leaving out yanked files is no failure')
    .option('--verify', 'only files that the signed statement of their sealed version names')
    .option('--key <file>', 'with --verify: the public keys that may have signed it, in PEM')
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
  const { labelOf, planPull } = await import('../pull/plan-pull.ts');
  const { pullFile } = await import('../pull/pull-file.ts');
  await session.reach();
  const { channel, out: folder, allowAnyName = false, skipYanked = false } = flags;
  const { items, leftOut } = await planPull(session, targets, {
    channel,
    folder,
    takesAnyName: allowAnyName,
    skipsYanked: skipYanked,
  });
  if (flags.verify === true || flags.key !== undefined)
    await requireSealed(session, items, flags.key);
  await eachFile(cli, session, items, {
    run: async (item) =>
      report(session, item, await pullFile(session, item, { force: flags.force === true })),
    about,
    target: (item: PullItem) => labelOf(item),
    general: GENERAL,
  });
  for (const file of leftOut) reportLeftOut(cli, session, file, skipYanked);
}

/** @throws Fault INTEGRITY where a file is not what the statement of its version says */
async function requireSealed(
  session: Session,
  items: readonly PullItem[],
  keyFile: string | undefined,
): Promise<void> {
  const { sealedFiles } = await import('../sealed/read-statement.ts');
  const sealed = new Map<string, ReadonlyMap<string, string>>();
  for (const item of items) {
    const { versionId, file, link } = item;
    if (versionId === undefined)
      throw misuse(`--verify takes files of one version; ${file} is of an earlier one`);
    const files = sealed.get(versionId) ?? (await sealedFiles(session, versionId, keyFile));
    sealed.set(versionId, files);
    if (files.get(link.filename) === link.sha256) continue;
    throw failure(
      'INTEGRITY',
      `the statement of version ${versionId} does not name ${file} with the SHA-256 ${link.sha256}`,
      { hint: 'nothing was fetched: it is not what was sealed' },
    );
  }
}

function about({ versionId, channel, file, path }: PullItem) {
  return { versionId, ...(versionId === undefined && { channel }), file, path };
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

/** Anyone who pulls a version must learn that a part of it is missing. */
function reportLeftOut(
  cli: Cli,
  { output }: Session,
  { versionId, channel, file, reason }: LeftOut,
  isMeant: boolean,
): void {
  const why = reason === undefined ? '' : `: ${reason}`;
  const message = `${versionId ?? channel}/${file} was left out: it was yanked${why}`;
  if (isMeant) {
    output.document({ versionId, file, outcome: 'left-out', reason });
    output.note(message);
    return;
  }
  const hint = 'if you do not need it, pull with --skip-yanked';
  output.document({ versionId, file, error: { code: 'YANKED', message, hint } });
  if (!output.json) output.fault(failure('YANKED', message, { hint }));
  if (cli.exitCode === EXIT.done) cli.exitCode = EXIT.failed;
}
