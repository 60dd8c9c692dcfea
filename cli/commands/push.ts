/** `stowage push`: publishes files. */
import { type Command, Option } from 'commander';
import type { UploadReport } from '../../client/upload.ts';
import { humanSize } from '../../core/human-size.ts';
import type { Platform } from '../../core/platforms.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { eachFile } from '../command/each-file.ts';
import { explain } from '../command/explain.ts';
import { collect, wholeNumber } from '../command/flags.ts';
import { parseVersion } from '../command/targets.ts';
import { EXIT, failure } from '../output/fault.ts';
import type { DraftPlan } from '../push/draft.ts';
import type { HashedItem } from '../push/hash-file.ts';
import type { PlanFlags, PushItem } from '../push/plan/plan-push.ts';
import type { Checked } from '../push/prepare.ts';
import type { PushOptions } from '../push/push-file.ts';

interface Flags extends RemoteFlags, PlanFlags {
  readonly version: string;
  readonly metadata: readonly string[];
  readonly concurrency: number;
  readonly method?: 'single' | 'multipart';
  readonly draft?: boolean;
  readonly dryRun?: boolean;
}

const NOTES = `
A folder gives its own files, without those of folders in it and without dotfiles; a glob such as 'dist/*.zip' may be quoted. Before the
first byte is sent, every name is checked: if one can't be published, nothing is sent. A file that the service may have is read to its end before
that; a large new one while it is sent. Several files of a new version
go into a draft, which readers see only when all are there; of a draft that is there already, too (--draft leaves it one). Into a version that is
released, files are published one by one. Run again after a break, it sends only what is missing; pushing the same again does nothing and succeeds.
With --json: one line a file, {file, outcome: "published" | "already-there", package, url, partCount, sentParts, skippedParts,
sentBytes} or {file, error: {code, message, hint?, requestId?}}; with --dry-run {file, filename, outcome: "would-publish" | "already-there" |
"taken" | "invalid", size, sha256, os?, arch?, libc?, bundle?, error?}. What keeps all files from being sent is {error} on stderr.`;

export function addPush(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('push'))
    .description('publish files under their own names')
    .argument('<file...>', 'files, folders and globs')
    .requiredOption('--version <version>', 'version that they belong to, such as 1.4.0')
    .option('--package <id>', 'package id, if not made of the filename (one file only)')
    .option('--ext <ext>', 'ext, such as tar.gz, of files whose name has none')
    .option('--filename <name>', 'name that downloads get, if not that of the file (one file only)')
    .option(
      '--content-type <type>',
      'media type, if it does not follow from the name: TYPE, or FILE:TYPE several times',
      collect,
      [],
    )
    .option('--os <os>', 'linux, macos, windows, ..., or none, if the name says it wrong')
    .option('--arch <arch>', 'x64, arm64, ..., or none')
    .option('--libc <libc>', 'gnu, musl, or none')
    .option('--bundle <bundle>', 'kind of installer or archive: deb, msi, appimage, ..., or none')
    .option(
      '--metadata <key=value>',
      'kept with the package; may be given several times',
      collect,
      [],
    )
    .option('--draft', 'leave the version a draft: stowage release VERSION releases it')
    .option('--dry-run', 'say what would happen to each file, and send nothing')
    .option('--concurrency <n>', 'parts that are sent at a time', wholeNumber(1, 64), 4)
    .addOption(
      new Option('--method <method>', 'one request, or parts').choices(['single', 'multipart']),
    )
    .addHelpText('after', NOTES)
    .action((words: readonly string[], flags: Flags) =>
      inSession(cli, flags, (session) => push(cli, session, words, flags), { isLong: true }),
    );
}

/** These errors would stop the other files too. */
const GENERAL: ReadonlySet<string> = new Set([
  'INTERRUPTED',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'UNREACHABLE',
  'BAD_ANSWER',
]);

async function push(
  cli: Cli,
  session: Session,
  words: readonly string[],
  flags: Flags,
): Promise<void> {
  const { parseMetadata, planPush } = await import('../push/plan/plan-push.ts');
  const { findFiles } = await import('../push/plan/find-files.ts');
  const { filesToHashLater } = await import('../push/plan/hash-later.ts');
  const { refuse } = await import('../push/refuse.ts');
  const { checkAll, hashAll } = await import('../push/prepare.ts');
  const versionId = parseVersion(flags.version);
  const { concurrency, method } = flags;
  const metadata = parseMetadata(flags.metadata);
  const options: PushOptions = { versionId, metadata, concurrency, method };
  const found = await findFiles(words);
  const planned = planPush(found.paths, flags);
  for (const note of found.notes) session.output.note(note);
  noteUnusedExt(session, planned, flags);
  const fileCount = Math.max(planned.length, found.problems.length);
  if (found.problems.length > 0) return refuse(cli, session, found.problems, fileCount);
  await session.reach();
  const { sizes } = found;
  const later =
    flags.dryRun === true
      ? new Set<PushItem>()
      : await forSingle(session, planned, () =>
          filesToHashLater(session, versionId, planned, { sizes, method }),
        );
  const hashed = await hashAll(session, planned, sizes, later);
  if (hashed.problems.length > 0) return refuse(cli, session, hashed.problems, fileCount);
  const checked = await forSingle(session, hashed.items, () =>
    checkAll(session, versionId, hashed.items),
  );
  if (flags.dryRun === true) return showPlan(cli, session, versionId, checked);
  if (checked.problems.length > 0) return refuse(cli, session, checked.problems, fileCount);
  await pushChecked(cli, session, checked, options, flags.draft === true);
}

function noteUnusedExt({ output }: Session, items: readonly PushItem[], { ext }: Flags): void {
  if (ext === undefined || items.length === 0 || items.some((item) => item.ext !== undefined))
    return;
  output.note(`--ext ${ext} is not used: every file has an ext of its own`);
}

/** Where one file is pushed, what keeps it from being sent is said in its line of JSON, too. */
async function forSingle<Result>(
  { output, connection }: Session,
  items: readonly PushItem[],
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { code, message, hint, requestId } = explain(error, { connection });
    const [only] = items;
    if (items.length === 1 && only !== undefined)
      output.document({ file: only.path, error: { code, message, hint, requestId } });
    throw error;
  }
}

async function pushChecked(
  cli: Cli,
  session: Session,
  checked: Checked,
  options: PushOptions,
  staysDraft: boolean,
): Promise<void> {
  const { releaseVersion } = await import('../push/draft.ts');
  const { client, output, signal } = session;
  const { versionId } = options;
  const draft = await prepareDraft(session, versionId, checked, staysDraft);
  if (draft.isDraft) await client.putVersion(versionId, { draft: true }, { signal });
  const counts = { pushed: 0, alreadyThere: 0, bytes: 0 };
  const failed = () => checked.items.length - counts.pushed - counts.alreadyThere;
  try {
    await sendAll(cli, session, checked.items, options, (item, done) => {
      if (done.outcome === 'published') counts.pushed += 1;
      else counts.alreadyThere += 1;
      counts.bytes += done.package.size;
      report(session, item, done);
    });
  } catch (error) {
    if (draft.isDraft) output.note(`version ${versionId} stays a draft: readers see nothing of it`);
    throw error;
  }
  if (failed() === 0 && draft.toRelease) await releaseVersion(session, versionId);
  if (checked.items.length > 1) output.line(summaryOf(versionId, counts, failed(), draft));
  else if (draft.isDraft) output.note(draftNote(versionId));
  if (failed() > 0 && draft.isDraft) {
    throw failure('NOT_RELEASED', `version ${versionId} stays a draft: ${failed()} failed`, {
      hint: `readers see nothing of it; run the same command again: it sends only what is missing${draft.toRelease ? ', and releases the version' : ''}`,
    });
  }
}

async function prepareDraft(
  session: Session,
  versionId: string,
  { items, verdicts }: Checked,
  staysDraft: boolean,
): Promise<DraftPlan> {
  const { findVersion, planDraft } = await import('../push/draft.ts');
  const { output } = session;
  if (verdicts === undefined) {
    if (staysDraft) throw tooOld('knows no drafts', 'leave --draft out, or update it');
    if (items.length > 1)
      output.note('this server is of an older release: the files are published one by one');
    return { isDraft: false, toRelease: false, wasReleased: false };
  }
  const found = await findVersion(session, versionId);
  const plan = planDraft(found, { fileCount: items.length, staysDraft });
  const isNew = [...verdicts.values()].some(({ verdict }) => verdict === 'free');
  if (plan.wasReleased && !plan.isDraft && items.length > 1 && isNew)
    output.note(`version ${versionId} is released already: the files are published one by one`);
  return plan;
}

function tooOld(what: string, hint: string) {
  return failure('NOT_SUPPORTED', `this server is of an older release and ${what}`, { hint });
}

type OnDone = (item: HashedItem, done: UploadReport) => void;

/** Sends files at the same time, and reports them in their order. */
async function sendAll(
  cli: Cli,
  session: Session,
  items: readonly HashedItem[],
  options: PushOptions,
  onDone: OnDone,
): Promise<void> {
  const { displayOf } = await import('../push/prepare.ts');
  const { pushFile } = await import('../push/push-file.ts');
  const { pushTogether } = await import('../push/push-together.ts');
  const display = displayOf(session.output, 'pushing', items);
  const { results, settled } = pushTogether(
    items,
    async (item, onAnnounced) => {
      const progress = display.file(item);
      try {
        const done = await pushFile(session, item, options, progress, onAnnounced);
        progress.done(done.sentBytes);
        return done;
      } finally {
        progress.end();
      }
    },
    (error) => !GENERAL.has(explain(error).code),
  );
  try {
    await eachFile(cli, session, items, {
      run: async (item) => {
        const done = await results.get(item);
        if (done !== undefined) onDone(item, done);
      },
      about: ({ path }) => ({ file: path }),
      target: ({ packageId }) => `${options.versionId}/${packageId ?? 'PACKAGE'}`,
      general: GENERAL,
    });
  } finally {
    await settled;
    display.end();
  }
}

function report({ client, output }: Session, item: HashedItem, done: UploadReport): void {
  const { versionId, packageId, ext, filename, size, state } = done.package;
  // A server of a release before 0.2 gives no URL, and knows the file by its alias alone.
  const { url: stable } = done.package as { readonly url?: string };
  const file = stable === undefined ? `${packageId}.${ext}` : filename;
  const url = stable ?? client.stableUrl(versionId, file);
  output.document({ file: item.path, ...done, url });
  const yanked = state === 'yanked' ? ' (yanked: no one can download it until it is restored)' : '';
  const platform = platformText(done.package);
  const compared = item.sha256 === undefined;
  output.line(`${versionId}/${file}: ${whatWasDone(done, size, compared)}${platform}${yanked}`);
  output.line(`  ${url}`);
}

/** ` (windows, x64, exe)`, or nothing. */
function platformText({
  os,
  arch,
  libc,
  bundle,
}: { [Name in keyof Platform]?: string | undefined }) {
  const words = [os, arch, libc, bundle].filter((word) => word !== undefined);
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function whatWasDone(
  { outcome, partCount, sentParts, skippedParts }: UploadReport,
  size: number,
  compared: boolean,
): string {
  if (outcome === 'already-there') return 'already there';
  if (skippedParts > 0) {
    return `pushed ${humanSize(size)}; ${partCount - skippedParts} of ${partCount} parts were missing, sent ${sentParts}${compared ? '; the others were read again and are the same' : ''}`;
  }
  return partCount > 1
    ? `pushed ${humanSize(size)} in ${partCount} parts`
    : `pushed ${humanSize(size)}`;
}

function summaryOf(
  versionId: string,
  counts: { readonly pushed: number; readonly alreadyThere: number; readonly bytes: number },
  failed: number,
  { isDraft, toRelease }: DraftPlan,
): string {
  const { pushed, alreadyThere, bytes } = counts;
  const parts = [
    ...(pushed > 0 || alreadyThere + failed === 0 ? [`${pushed} pushed`] : []),
    ...(alreadyThere > 0 ? [`${alreadyThere} already there`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  const files = pushed + alreadyThere + failed;
  const end = !isDraft
    ? ''
    : toRelease && failed === 0
      ? `; version ${versionId} is released`
      : `; ${draftNote(versionId)}`;
  return `${files} files, ${humanSize(bytes)}: ${parts.join(', ')}${end}`;
}

function draftNote(versionId: string): string {
  return `version ${versionId} is a draft until: stowage release ${versionId}`;
}

/** `--dry-run` */
function showPlan(
  cli: Cli,
  { output }: Session,
  versionId: string,
  { items, verdicts, problems }: Checked,
): void {
  if (verdicts === undefined)
    throw tooOld('can not check names', 'leave --dry-run out, or update it');
  const counts = new Map<string, number>();
  for (const item of items) {
    const problem = problems.find(({ path }) => path === item.path);
    const outcome = OUTCOMES[verdicts.get(item)?.verdict ?? 'invalid'];
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    const { path, filename, size, sha256, platform } = item;
    const error = problem && { code: problem.code, message: problem.message, hint: problem.hint };
    output.document({ file: path, filename, outcome, size, sha256, ...platform, error });
    const what = problem
      ? `${outcome}: ${problem.why}`
      : `${outcome.replace('-', ' ')}, ${humanSize(size)}`;
    output.line(`${versionId}/${filename}: ${what}${platformText(platform)}`);
  }
  const said = [...counts].map(([outcome, count]) => `${count} ${outcome.replace('-', ' ')}`);
  output.line(`${items.length} files, nothing was sent: ${said.join(', ')}`);
  if (problems.length > 0) cli.exitCode = EXIT.failed;
}

const OUTCOMES = {
  free: 'would-publish',
  same: 'already-there',
  taken: 'taken',
  invalid: 'invalid',
} as const;
