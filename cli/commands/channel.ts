/** `stowage channel`: names that point at a version. */
import type { Command } from 'commander';
import { itemsOf } from '../../client/pages.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { parseVersion } from '../command/targets.ts';
import { columns } from '../output/columns.ts';

interface SetFlags extends RemoteFlags {
  readonly expect?: string;
}

export function addChannel(program: Command, cli: Cli): void {
  const channel = program.command('channel').description('names that point at a version');
  withRemoteFlags(channel.command('set'))
    .description('point a channel at a version')
    .argument('<channel>', 'such as stable')
    .argument('<version>')
    .option('--expect <version>', 'only if it points there now')
    .addHelpText('after', '\nWith --json: the channel.')
    .action((name: string, version: string, flags: SetFlags) =>
      inSession(cli, flags, (session) => set(session, name, parseVersion(version), flags.expect), {
        target: version,
      }),
    );
  withRemoteFlags(channel.command('ls'))
    .description('list channels')
    .addHelpText('after', '\nWith --json: one document, {items: [...]}.')
    .action((flags: RemoteFlags) => inSession(cli, flags, list));
  withRemoteFlags(channel.command('rm'))
    .description('remove a channel; its version stays')
    .argument('<channel>')
    .addHelpText('after', '\nWith --json: {channel}.')
    .action((name: string, flags: RemoteFlags) =>
      inSession(cli, flags, (session) => remove(session, name)),
    );
}

async function set(
  { client, output, signal }: Session,
  name: string,
  versionId: string,
  expectedVersionId: string | undefined,
): Promise<void> {
  const body = { versionId, ...(expectedVersionId === undefined ? {} : { expectedVersionId }) };
  const channel = await client.putChannel(name, body, { signal });
  output.document(channel);
  output.line(`${channel.channel} -> ${channel.versionId}`);
}

async function list({ client, output, signal }: Session): Promise<void> {
  const items = await itemsOf(client.listChannels({ limit: 1000, signal }));
  output.document({ items });
  if (items.length === 0)
    return output.line('no channels yet: make one with stowage channel set CHANNEL VERSION');
  const rows = items.map(({ channel, versionId, updatedAt }) => [channel, versionId, updatedAt]);
  for (const line of columns(['CHANNEL', 'VERSION', 'UPDATED'], rows)) output.line(line);
}

async function remove({ client, output, signal }: Session, channel: string): Promise<void> {
  await client.deleteChannel(channel, { signal });
  output.document({ channel });
  output.line(`${channel}: removed`);
}
