/** The step itself: publishes the files, moves the channel, and says what was done. */
import { addChannel } from '../cli/commands/channel.ts';
import { addPush } from '../cli/commands/push.ts';
import { failure, misuse } from '../cli/output/fault.ts';
import { parseToken } from '../core/access/access.ts';
import { humanSize } from '../core/human-size.ts';
import { connect } from './connect.ts';
import type { Runner } from './runner.ts';
import { runCommand } from './stowage-command.ts';

/** What `stowage push --json` prints for a file. */
interface Line {
  readonly file: string;
  readonly outcome?: 'published' | 'already-there';
  readonly package?: { readonly filename: string; readonly size: number; readonly sha256: string };
  readonly url?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

/** @throws Fault */
export async function publish(runner: Runner, signal: AbortSignal): Promise<void> {
  const files = filesOf(runner.requiredInput('files'));
  const version = runner.input('version') ?? versionOfTag(runner);
  const channel = runner.input('channel');
  const draft = runner.flag('draft');
  if (draft && channel !== undefined)
    throw misuse(
      'a draft can not be in a channel',
      'give channel or draft: true, or move the channel when the version is released',
    );
  const { url, token } = await connect(runner, signal);
  runner.output('version', version);
  runner.output('token-id', parseToken(token)?.tokenId ?? '');
  const env = { ...runner.env, STOWAGE_URL: url, STOWAGE_TOKEN: token };
  const done: Line[] = [];
  const words = ['push', '--json', '--version', version, ...(draft ? ['--draft'] : [])];
  const allThere = await runCommand(addPush, [...words, '--', ...files], { env, signal }, (line) =>
    done.push(report(runner, version, line as Line)),
  ).finally(() => {
    runner.output('links', JSON.stringify(done.flatMap((line) => line.url ?? [])));
    runner.summary(summaryOf(version, done));
  });
  if (!allThere) throw failure('NOT_PUBLISHED', 'not all files were published');
  if (channel === undefined) return;
  await runCommand(
    addChannel,
    ['channel', 'set', '--json', channel, version],
    { env, signal },
    () => undefined,
  );
  runner.line(`${channel} -> ${version}`);
  runner.summary(`Channel <code>${escapeHtml(channel)}</code> points at ${escapeHtml(version)}.`);
}

function filesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** The tag is what `{ref_name#v}` of a rule compares the version with. @throws Fault (misuse) */
function versionOfTag({ env }: Runner): string {
  const { GITHUB_REF_TYPE: type, GITHUB_REF_NAME: name = '' } = env;
  if (type === 'tag' && name !== '') return name.replace(/^v/, '');
  throw misuse(
    'the input version is missing, and this job runs for no tag',
    'give version below with:, or run the workflow for tags',
  );
}

function report(runner: Runner, version: string, line: Line): Line {
  const { file, outcome, url, error } = line;
  if (error !== undefined) {
    runner.error([`${file}: ${error.message} (${error.code})`, error.hint].join('\n').trim());
  } else if (line.package !== undefined) {
    const { filename, size } = line.package;
    const what = outcome === 'already-there' ? 'already there' : `published ${humanSize(size)}`;
    runner.line(`${version}/${filename}: ${what}`);
    runner.line(`  ${url}`);
  }
  return line;
}

/** HTML, in which a filename can be no Markdown. */
function summaryOf(version: string, lines: readonly Line[]): string {
  const rows = lines.map(({ file, package: one, outcome, url = '', error }) => {
    const cells =
      one === undefined
        ? [escapeHtml(file), '', `failed: ${escapeHtml(error?.message ?? '')}`, '']
        : [
            `<a href="${escapeHtml(url)}">${escapeHtml(one.filename)}</a>`,
            humanSize(one.size),
            outcome === 'already-there' ? 'already there' : 'published',
            `<code>${escapeHtml(one.sha256)}</code>`,
          ];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const head = '<tr><th>File</th><th>Size</th><th></th><th>SHA-256</th></tr>';
  return `<h3>Version ${escapeHtml(version)}</h3>\n<table>\n${[head, ...rows].join('\n')}\n</table>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"'\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}
