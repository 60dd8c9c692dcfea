/** `stowage show`: prints the record of one file. */
import type { Command } from 'commander';
import type { PackageBody } from '../../client/stowage-client.ts';
import { humanSize } from '../../core/human-size.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { findPackage, nameOf } from '../command/find-package.ts';
import { type FileTarget, parseFileTarget } from '../command/targets.ts';
import { columns } from '../output/columns.ts';

export function addShow(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('show'))
    .description('show one file')
    .argument(
      '<file>',
      'VERSION/FILE, such as 1.4.0/tool-linux-x64.tar.gz; a package id works, too',
    )
    .addHelpText('after', '\nWith --json: the package, and its stable link as url.')
    .action((text: string, flags: RemoteFlags) =>
      inSession(cli, flags, (session) => show(session, parseFileTarget(text)), { target: text }),
    );
}

async function show(session: Session, target: FileTarget): Promise<void> {
  const { client, output } = session;
  const found = await findPackage(session, target);
  const url = client.stableUrl(found.versionId, nameOf(found));
  output.document({ ...found, url });
  const [head = [], ...rows] = fieldsOf(found, url);
  for (const line of columns(head, rows)) output.line(line);
}

function fieldsOf(found: PackageBody, url: string): readonly (readonly string[])[] {
  const { metadata, size, ...fields } = found;
  const shown = { ...fields, size: `${size} (${humanSize(size)})`, url };
  return [
    ...Object.entries(shown).map(([name, value]) => [name, value ?? '']),
    ...Object.entries(metadata).map(([name, value]) => [`metadata ${name}`, value]),
  ];
}
