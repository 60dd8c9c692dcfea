/** `stowage ls`: lists versions, or the packages of one. */
import type { Command } from 'commander';
import { itemsOf } from '../../client/pages.ts';
import type { PackageBody, VersionBody } from '../../client/stowage-client.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { parseVersion } from '../command/targets.ts';
import { columns } from '../output/columns.ts';
import { humanSize } from '../output/sizes.ts';

const PAGE = 1000;

export function addLs(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('ls'))
    .description('list versions (newest first), or the packages of a version')
    .argument('[version]')
    .addHelpText('after', '\nWith --json: one document, {items: [...]}; sizes are in bytes there.')
    .action((version: string | undefined, flags: RemoteFlags) =>
      inSession(
        cli,
        flags,
        (session) =>
          version === undefined
            ? listVersions(session)
            : listPackages(session, parseVersion(version)),
        version === undefined ? {} : { target: version },
      ),
    );
}

async function listVersions({ client, output, signal }: Session): Promise<void> {
  const items: VersionBody[] = await itemsOf(client.listVersions({ limit: PAGE, signal }));
  output.document({ items });
  if (items.length === 0)
    return output.line('no versions yet: publish with stowage push FILE --version VERSION');
  const rows = items.map(({ versionId, createdAt }) => [versionId, createdAt]);
  for (const line of columns(['VERSION', 'CREATED'], rows)) output.line(line);
}

async function listPackages({ client, output, signal }: Session, versionId: string): Promise<void> {
  const items: PackageBody[] = await itemsOf(
    client.listPackages(versionId, { limit: PAGE, signal }),
  );
  output.document({ items });
  if (items.length === 0) return output.line(`version ${versionId} has no packages`);
  const rows = items.map(({ packageId, ext, size, state, sha256, filename }) => [
    `${packageId}.${ext}`,
    humanSize(size),
    state,
    sha256.slice(0, 12),
    filename,
  ]);
  const align = ['left', 'right'] as const;
  for (const line of columns(['FILE', 'SIZE', 'STATE', 'SHA256', 'FILENAME'], rows, align))
    output.line(line);
}
