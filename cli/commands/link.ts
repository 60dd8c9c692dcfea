/** `stowage link`: hands one file to somebody without a token, for a time. */
import type { Command } from 'commander';
import { itemsOf } from '../../client/pages.ts';
import type { CreatedLink } from '../../client/stowage-client.ts';
import { isStowageError } from '../../client/stowage-error.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { findPackage, nameOf } from '../command/find-package.ts';
import { parseExpiry, wholeNumber } from '../command/flags.ts';
import { needsNewer } from '../command/newer-service.ts';
import { type FileTarget, parseFileTarget } from '../command/targets.ts';
import { columns } from '../output/columns.ts';

interface Flags extends RemoteFlags {
  readonly expires?: string;
  readonly maxDownloads?: number;
  readonly note?: string;
}

const MOST_DOWNLOADS = 1_000_000_000;
const FEATURE = 'links for people';

const NOTES = `
Anyone who has the link can download the file. It ends when it expires (after 7 days, at most 30, and no later than your token),
after --max-downloads, when the file is yanked or deleted, when your token is revoked, and with: stowage link rm ID
Only the link goes to stdout, so that LINK=$(stowage link 1.4.0/tool.zip) works; it is shown this once.
With --json: {linkId, url, expiresAt}.`;

export function addLink(program: Command, cli: Cli): void {
  const link = withRemoteFlags(program.command('link'))
    .enablePositionalOptions()
    .description('make a link to one file for somebody without a token')
    .argument('<file>', 'VERSION/FILE, such as 1.4.0/tool-linux-x64.tar.gz')
    .option('--expires <when>', 'such as 7d (m, h, d, w), or 2027-01-31T00:00:00Z', parseExpiry)
    .option(
      '--max-downloads <n>',
      'how often the file can be downloaded',
      wholeNumber(1, MOST_DOWNLOADS),
    )
    .option('--note <text>', 'what it is for, such as the customer; link ls shows it')
    .addHelpText('after', NOTES)
    .action((text: string, flags: Flags) =>
      inSession(cli, flags, (session) => create(session, parseFileTarget(text), flags), {
        target: text,
      }),
    );
  withRemoteFlags(link.command('ls'))
    .description('list links, without their secrets')
    .addHelpText('after', '\nWith --json: one document, {items: [...]}.')
    .action((flags: RemoteFlags) => inSession(cli, flags, list));
  withRemoteFlags(link.command('rm'))
    .description('end links')
    .argument('<linkId...>')
    .addHelpText('after', '\nWith --json: one line a link, {linkId}.')
    .action((ids: readonly string[], flags: RemoteFlags) =>
      inSession(cli, flags, (session) => remove(session, ids)),
    );
}

async function create(session: Session, target: FileTarget, flags: Flags): Promise<void> {
  const { output } = session;
  const made = await needsNewer(session, FEATURE, () => createFor(session, target, flags));
  output.document(made);
  const { linkId, expiresAt, url } = made;
  const often = flags.maxDownloads === undefined ? '' : `, for ${flags.maxDownloads} downloads`;
  output.note(`link ${linkId} works until ${expiresAt}${often}; it is shown this once:`);
  output.line(url);
}

/** The service finds filenames and aliases; package ids are looked up here. */
async function createFor(
  session: Session,
  target: FileTarget,
  { expires, maxDownloads, note }: Flags,
): Promise<CreatedLink> {
  const { client, signal } = session;
  const { versionId, name } = target;
  const terms = {
    ...(expires === undefined ? {} : { expiresAt: expires }),
    ...(maxDownloads === undefined ? {} : { maxDownloads }),
    ...(note === undefined ? {} : { note }),
  };
  try {
    return await client.createLink({ versionId, filename: name, ...terms }, { signal });
  } catch (error) {
    if (!isStowageError(error, 'NOT_FOUND')) throw error;
    const found = nameOf(await findPackage(session, target));
    if (found === name) throw error;
    return client.createLink({ versionId, filename: found, ...terms }, { signal });
  }
}

async function list(session: Session): Promise<void> {
  const { client, output, signal } = session;
  const items = await needsNewer(session, FEATURE, () =>
    itemsOf(client.listLinks({ limit: 1000, signal })),
  );
  output.document({ items });
  if (items.length === 0)
    return output.line('no links yet: make one with stowage link VERSION/FILE');
  const rows = items.map((link) => [
    link.linkId,
    `${link.versionId}/${link.filename}`,
    link.expiresAt,
    link.maxDownloads === undefined ? '-' : `${link.downloads ?? 0} of ${link.maxDownloads}`,
    link.createdBy,
    link.note ?? '',
  ]);
  const head = ['LINK', 'FILE', 'EXPIRES', 'DOWNLOADS', 'TOKEN', 'NOTE'];
  for (const line of columns(head, rows)) output.line(line);
}

async function remove(session: Session, ids: readonly string[]): Promise<void> {
  const { client, output, signal } = session;
  for (const linkId of ids) {
    await needsNewer(session, FEATURE, () => client.deleteLink(linkId, { signal }));
    output.document({ linkId });
    output.line(`${linkId}: ended`);
  }
}
