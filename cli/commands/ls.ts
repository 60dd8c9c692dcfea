/** `stowage ls`: lists versions, the files of one, or the files that have a digest. */
import type { Command } from 'commander';
import { itemsOf } from '../../client/pages.ts';
import type { PackageBody, VersionBody } from '../../client/stowage-client.ts';
import { ServiceError } from '../../core/errors.ts';
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
    .option('--sha256 <digest>', 'list the files of all versions that have this SHA-256')
    .addHelpText('after', '\nWith --json: one document, {items: [...]}; sizes are in bytes there.')
    .action((version: string | undefined, flags: LsFlags) => {
      const sha256 = flags.sha256 === undefined ? undefined : parseDigest(flags.sha256, version);
      return inSession(
        cli,
        flags,
        (session) => {
          if (sha256 !== undefined) return listMatches(session, sha256);
          return version === undefined
            ? listVersions(session)
            : listFiles(session, parseVersion(version));
        },
        version === undefined ? {} : { target: version },
      );
    });
}

interface LsFlags extends RemoteFlags {
  readonly sha256?: string;
}

/** As sha256sum prints it, or with `sha256:` before it. @throws INVALID_INPUT */
function parseDigest(text: string, version: string | undefined): string {
  const hex = text.replace(/^sha256:/i, '').toLowerCase();
  if (version !== undefined)
    throw new ServiceError(
      'INVALID_INPUT',
      `--sha256 searches all versions, got the version ${version} too; leave one of them out`,
    );
  if (/^[0-9a-f]{64}$/.test(hex)) return hex;
  throw new ServiceError(
    'INVALID_INPUT',
    `--sha256 must be 64 hex digits, got ${JSON.stringify(text)}; sha256sum FILE prints them`,
  );
}

async function listMatches({ client, output, signal }: Session, sha256: string): Promise<void> {
  const items = await itemsOf(client.findByDigest(sha256, { limit: PAGE, signal }));
  output.document({ items });
  if (items.length === 0) return output.line(`no file has the SHA-256 ${sha256}`);
  const rows = items.map(({ versionId, filename, state, url }) => [
    versionId,
    filename,
    state,
    url,
  ]);
  for (const line of columns(['VERSION', 'FILE', 'STATE', 'LINK'], rows)) output.line(line);
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
