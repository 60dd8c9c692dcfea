/** `stowage rollout`: gives a version to a share of a channel's clients before the others. */
import type { Command } from 'commander';
import type { ChannelBody, ChannelRecordBody } from '../../client/stowage-client.ts';
import { whenChecked } from '../check/move-checked.ts';
import { channelRecordOf } from '../command/channel-record.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { percentage } from '../command/flags.ts';
import { needsNewer } from '../command/newer-service.ts';
import { parseChannel, parseVersion } from '../command/targets.ts';
import { failure } from '../output/fault.ts';

interface StartFlags extends RemoteFlags {
  readonly percent: number;
  readonly seed?: string;
  readonly skipChecks?: boolean;
}

type Rollout = NonNullable<ChannelBody['rollout']>;

const START_NOTES = `
The same clients get the version each time they ask, and a larger share contains every smaller one. Clients identify themselves:
electron-updater and Velopack do, others send x-stowage-client-id. Who does not gets the version that the channel points at.
The service checks the version first, as it does before a channel moves.
With --json: the channel.`;
const WITH_CHANNEL = '\nWith --json: the channel.';

export function addRollout(program: Command, cli: Cli): void {
  const rollout = program
    .command('rollout')
    .description("give a version to a share of a channel's clients");
  const add = (
    name: string,
    description: string,
    run: (session: Session, channel: string) => Promise<void>,
    notes = WITH_CHANNEL,
  ) =>
    withRemoteFlags(rollout.command(name))
      .description(description)
      .argument('<channel>', 'such as stable')
      .addHelpText('after', notes)
      .action((channel: string, flags: RemoteFlags) =>
        inSession(cli, flags, (session) => run(session, parseChannel(channel))),
      );
  withRemoteFlags(rollout.command('start'))
    .description('begin with a share of the clients')
    .argument('<channel>', 'such as stable')
    .argument('<version>')
    .requiredOption('--percent <number>', 'share of the clients, 0 to 100', percentage)
    .option('--seed <text>', 'the same seed chooses the same clients (default: the version)')
    .option('--skip-checks', 'whatever is wrong with the version; needs scope admin')
    .addHelpText('after', START_NOTES)
    .action((channel: string, version: string, flags: StartFlags) =>
      inSession(
        cli,
        flags,
        (session) => start(session, parseChannel(channel), parseVersion(version), flags),
        { target: version },
      ),
    );
  withRemoteFlags(rollout.command('set'))
    .description('change the share of the clients')
    .argument('<channel>')
    .requiredOption('--percent <number>', 'share of the clients, 0 to 100', percentage)
    .addHelpText('after', WITH_CHANNEL)
    .action((channel: string, flags: StartFlags) =>
      inSession(cli, flags, (session) =>
        change(session, parseChannel(channel), { percent: flags.percent }),
      ),
    );
  add('pause', 'give the version to no client for now', (session, channel) =>
    change(session, channel, { paused: true }),
  );
  add('resume', 'give it to the same clients again', (session, channel) =>
    change(session, channel, { paused: false }),
  );
  add('complete', 'point the channel at the version, for all clients', complete);
  add(
    'abort',
    'give all clients the version that the channel points at',
    abort,
    `
Clients that have the new version already keep it: updaters do not go back by themselves. Files of the version stay where they are.
With --json: {channel}.`,
  );
  add('status', 'show what a channel rolls out', showStatus);
}

async function start(
  session: Session,
  channel: string,
  versionId: string,
  { percent, seed, skipChecks }: StartFlags,
): Promise<void> {
  const { client, output, signal } = session;
  const body = { versionId, percent, seed, paused: false, skipChecks };
  const changed = await needsNewer(session, 'rollouts', () =>
    whenChecked(session, channel, versionId, () => client.putRollout(channel, body, { signal })),
  );
  output.document(changed);
  output.line(describe(changed));
}

/** What is not named stays as it is. */
async function change(
  session: Session,
  channel: string,
  what: Partial<Pick<Rollout, 'percent' | 'paused'>>,
): Promise<void> {
  const { client, output, signal } = session;
  const { rollout } = requireRollout(await channelRecordOf(session, channel, 'rollouts'));
  const { versionId, percent } = rollout;
  const changed = await client.putRollout(channel, { versionId, percent, ...what }, { signal });
  output.document(changed);
  output.line(describe(changed));
}

async function complete(session: Session, channel: string): Promise<void> {
  const { client, output, signal } = session;
  requireRollout(await channelRecordOf(session, channel, 'rollouts'));
  const changed = await client.completeRollout(channel, { signal });
  output.document(changed);
  output.line(`${channel} -> ${changed.versionId}, for all clients`);
}

async function abort(session: Session, channel: string): Promise<void> {
  const { client, output, signal } = session;
  const { rollout, versionId } = requireRollout(
    await channelRecordOf(session, channel, 'rollouts'),
  );
  await client.deleteRollout(channel, { signal });
  output.document({ channel });
  output.line(
    `${channel} -> ${versionId}, for all clients; the rollout of ${rollout.versionId} is ended`,
  );
}

async function showStatus(session: Session, channel: string): Promise<void> {
  const record = await channelRecordOf(session, channel, 'rollouts');
  session.output.document(record);
  session.output.line(describe(record));
}

function describe({ channel, versionId, rollout }: ChannelBody): string {
  if (rollout === undefined) return `${channel} -> ${versionId}; it rolls out no version`;
  const { percent, paused } = rollout;
  const share = paused ? `paused at ${percent} %` : `to ${percent} % of the clients`;
  return `${channel} -> ${versionId}; ${rollout.versionId} ${share}, since ${rollout.startedAt}`;
}

/** @throws Fault NOT_FOUND */
function requireRollout(
  record: ChannelRecordBody,
): ChannelRecordBody & { readonly rollout: Rollout } {
  const { channel, rollout } = record;
  if (rollout !== undefined) return { ...record, rollout };
  throw failure('NOT_FOUND', `channel ${channel} rolls out no version`, {
    hint: `begin with: stowage rollout start ${channel} VERSION --percent 5`,
  });
}
