/** `stowage ls`: lists versions, or the files of one. */
import type { Command } from 'commander';
import { itemsOf } from '../../client/pages.ts';
import type { PackageBody, VersionBody } from '../../client/stowage-client.ts';
import { humanSize } from '../../core/human-size.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { nameOf } from '../command/find-package.ts';
import { parseVersion } from '../command/targets.ts';
import { type Align, columns } from '../output/columns.ts';

const PAGE = 1000;

export function addLs(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('ls'))
    .description('list versions (newest first), or the files of a version')
    .argument('[version]')
    .addHelpText('after', '\nWith --json: one document, {items: [...]}; sizes are in bytes there.')
    .action((version: string | undefined, flags: RemoteFlags) =>
      inSession(
        cli,
        flags,
        (session) =>
          version === undefined ? listVersions(session) : listFiles(session, parseVersion(version)),
        version === undefined ? {} : { target: version },
      ),
    );
}

async function listVersions({ client, output, signal }: Session): Promise<void> {
  const items: VersionBody[] = await itemsOf(client.listVersions({ limit: PAGE, signal }));
  output.document({ items });
  if (items.length === 0)
    return output.line('no versions yet: publish with stowage push FILE --version VERSION');
  const hasDrafts = items.some(({ draft }) => draft);
  const rows = items.map(({ versionId, createdAt, draft }) => [
    versionId,
    createdAt,
    ...(hasDrafts ? [draft ? 'draft' : 'released'] : []),
  ]);
  const head = ['VERSION', 'CREATED', ...(hasDrafts ? ['STATE'] : [])];
  for (const line of columns(head, rows)) output.line(line);
}

interface FileColumn {
  readonly head: string;
  readonly align?: Align;
  /** Shown only if a file has something else to show than this. */
  readonly unless?: (file: PackageBody) => string;
  cell(file: PackageBody): string;
}

const NOTHING = () => '';

const FILE_COLUMNS: readonly FileColumn[] = [
  { head: 'FILE', cell: nameOf },
  { head: 'SIZE', align: 'right', cell: ({ size }) => humanSize(size) },
  { head: 'STATE', cell: ({ state }) => state },
  { head: 'SHA256', cell: ({ sha256 = '' }) => sha256.slice(0, 12) },
  { head: 'OS', unless: NOTHING, cell: ({ os }) => os ?? '' },
  { head: 'ARCH', unless: NOTHING, cell: ({ arch }) => arch ?? '' },
  { head: 'LIBC', unless: NOTHING, cell: ({ libc }) => libc ?? '' },
  { head: 'BUNDLE', unless: NOTHING, cell: ({ bundle }) => bundle ?? '' },
  { head: 'PACKAGE', cell: ({ packageId }) => packageId },
  // Another file of the version may have the name under which this one was published.
  { head: 'PUBLISHED AS', unless: nameOf, cell: ({ filename }) => filename },
];

async function listFiles({ client, output, signal }: Session, versionId: string): Promise<void> {
  const items: PackageBody[] = await itemsOf(
    client.listPackages(versionId, { limit: PAGE, signal }),
  );
  output.document({ items });
  if (items.length === 0) return output.line(`version ${versionId} has no files`);
  const shown = FILE_COLUMNS.filter(
    ({ unless, cell }) => unless === undefined || items.some((file) => cell(file) !== unless(file)),
  );
  const rows = items.map((file) => shown.map(({ cell }) => cell(file)));
  const align = shown.map((column) => column.align ?? 'left');
  for (const line of columns(
    shown.map(({ head }) => head),
    rows,
    align,
  ))
    output.line(line);
}
