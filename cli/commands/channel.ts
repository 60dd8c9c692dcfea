/** `stowage channel`: names that point at a version, and remember those before. */
import type { Command } from 'commander';
import { itemsOf } from '../../client/pages.ts';
import type { ChannelRecordBody, PutChannelBody } from '../../client/stowage-client.ts';
import { isStowageError, StowageError } from '../../client/stowage-error.ts';
import { moveChecked, readPolicy } from '../check/move-checked.ts';
import { channelRecordOf } from '../command/channel-record.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { needsNewer } from '../command/newer-service.ts';
import { parseChannel, parseVersion } from '../command/targets.ts';
import { columns } from '../output/columns.ts';
import { failure, misuse } from '../output/fault.ts';

interface SetFlags extends RemoteFlags {
  readonly expect?: string;
  readonly public?: boolean;
  readonly private?: boolean;
  readonly skipChecks?: boolean;
  readonly policy?: string;
  readonly requireSealed?: boolean;
}

interface RollbackFlags extends RemoteFlags {
  readonly to?: string;
  readonly skipChecks?: boolean;
}

const SET_NOTES = `
With --public, everything below /channels/CHANNEL can be downloaded without a token: the files of its version, and of those that it
pointed at before. Without VERSION, a channel is opened or closed where it is.
The service checks the version first, and what it found is listed; a channel does not move to a version whose feeds name files that are
missing or different. --policy takes a JSON file of what the channel asks of its versions from now on, such as the key that signs
them (docs/checks.md). --require-sealed adds to what the channel asks that its versions are sealed, from this move on.
--skip-checks moves it whatever is wrong. All three need scope admin.
With --json: the channel.`;

const ROLLBACK_NOTES = `
Moves the channel only if no one else moves it meanwhile. A second rollback leads back to where the channel was before the first:
name an older version with --to. Updaters that have the bad version see the older feed; whether they go back is up to them.
With --json: the channel, and the version before as from.`;

export function addChannel(program: Command, cli: Cli): void {
  const channel = program.command('channel').description('names that point at a version');
  withRemoteFlags(channel.command('set'))
    .description('point a channel at a version')
    .argument('<channel>', 'such as stable')
    .argument('[version]')
    .option('--expect <version>', 'only if it points there now')
    .option('--public', 'its downloads need no token')
    .option('--private', 'its downloads need a token, as those of versions do')
    .option('--policy <file>', 'what it asks of versions, as JSON; {} is the default')
    .option('--require-sealed', 'it takes only sealed versions')
    .option('--no-require-sealed', 'it takes open versions, too')
    .option('--skip-checks', 'whatever is wrong with the version')
    .addHelpText('after', SET_NOTES)
    .action((name: string, version: string | undefined, flags: SetFlags) =>
      inSession(cli, flags, (session) => set(session, name, version, flags), {
        ...(version === undefined ? {} : { target: version }),
      }),
    );
  withRemoteFlags(channel.command('ls'))
    .description('list channels')
    .addHelpText('after', '\nWith --json: one document, {items: [...]}.')
    .action((flags: RemoteFlags) => inSession(cli, flags, list));
  withRemoteFlags(channel.command('history'))
    .description('list the versions that a channel points and pointed at, newest first')
    .argument('<channel>')
    .addHelpText('after', '\nWith --json: the channel, with its history.')
    .action((name: string, flags: RemoteFlags) =>
      inSession(cli, flags, (session) => showHistory(session, parseChannel(name))),
    );
  withRemoteFlags(channel.command('rollback'))
    .description('point a channel at the version before')
    .argument('<channel>')
    .option('--to <version>', 'an older version of its history')
    .option('--skip-checks', 'whatever is wrong with that version')
    .addHelpText('after', ROLLBACK_NOTES)
    .action((name: string, flags: RollbackFlags) =>
      inSession(cli, flags, (session) => rollback(session, parseChannel(name), flags)),
    );
  withRemoteFlags(channel.command('rm'))
    .description('remove a channel; its version stays')
    .argument('<channel>')
    .addHelpText('after', '\nWith --json: {channel}.')
    .action((name: string, flags: RemoteFlags) =>
      inSession(cli, flags, (session) => remove(session, name)),
    );
}

async function set(
  session: Session,
  name: string,
  version: string | undefined,
  flags: SetFlags,
): Promise<void> {
  const { output } = session;
  const opens = accessOf(flags);
  const policy = await policyAfter(session, name, flags);
  const skipChecks = flags.skipChecks === true ? true : undefined;
  const target =
    version === undefined
      ? await whereItIs(session, name, flags, opens !== undefined || policy !== undefined)
      : { versionId: parseVersion(version), expectedVersionId: flags.expect };
  const body = { ...target, public: opens, policy, skipChecks };
  const lacked =
    flags.requireSealed === true
      ? 'channels that take only sealed versions'
      : opens === undefined
        ? 'checks of channels'
        : 'public channels';
  const channel = await needsNewer(session, lacked, () =>
    moveChecked(session, name, body).catch((error: unknown) => {
      throw asUnknownField(error, body);
    }),
  );
  output.document(channel);
  const access =
    opens === undefined
      ? ''
      : opens
        ? '; its downloads need no token'
        : '; its downloads need a token';
  output.line(`${channel.channel} -> ${channel.versionId}${access}`);
}

/** @returns what the channel asks from now on; undefined if that stays as it is */
async function policyAfter(
  session: Session,
  name: string,
  { policy: path, requireSealed }: SetFlags,
): Promise<PutChannelBody['policy']> {
  const given = path === undefined ? undefined : await readPolicy(path);
  if (requireSealed === undefined) return given;
  const { requireSealed: _, ...others } = given ?? (await policyOf(session, name));
  return requireSealed ? { ...others, requireSealed } : others;
}

/** What a channel asks now: nothing where it does not exist yet. */
async function policyOf({ client, signal }: Session, name: string) {
  try {
    return (await client.getChannelRecord(parseChannel(name), { signal })).policy ?? {};
  } catch (error) {
    if (isStowageError(error, 'NOT_FOUND')) return {};
    throw error;
  }
}

/** @returns whether the channel is to be public; undefined if it stays as it is */
function accessOf(flags: SetFlags): boolean | undefined {
  const { public: isPublic = false, private: isPrivate = false } = flags;
  if (isPublic && isPrivate) throw misuse('a channel is public or private: give one of both');
  return isPublic ? true : isPrivate ? false : undefined;
}

/** The version of a channel that is opened or closed. @throws Fault (misuse) without such a wish */
async function whereItIs(
  { client, signal }: Session,
  name: string,
  { expect }: SetFlags,
  isEnough: boolean,
) {
  if (!isEnough)
    throw misuse(
      `say at which version ${name} is to point`,
      'stowage channel set CHANNEL VERSION; without VERSION, --public, --private, --policy or --require-sealed',
    );
  const { versionId } = await client.getChannel(parseChannel(name), { signal });
  return { versionId, expectedVersionId: expect ?? versionId };
}

const OF_LATER_RELEASES = ['public', 'policy', 'skipChecks', 'requireSealed', 'sigstore'];

/** Services of earlier releases refuse fields that they do not know: as if they had no such route. */
function asUnknownField(error: unknown, body: Readonly<Record<string, unknown>>): unknown {
  const fields = { ...body, ...(typeof body['policy'] === 'object' && body['policy']) };
  const names = Object.keys(fields).filter((name) => OF_LATER_RELEASES.includes(name));
  return isStowageError(error, 'INVALID_INPUT') &&
    names.some((name) => new RegExp(`unknown fields?[^;]*\\b${name}\\b`).test(error.message))
    ? new StowageError('METHOD_NOT_ALLOWED', error.message, { cause: error })
    : error;
}

async function list({ client, output, signal }: Session): Promise<void> {
  const items = await itemsOf(client.listChannels({ limit: 1000, signal }));
  output.document({ items });
  if (items.length === 0)
    return output.line('no channels yet: make one with stowage channel set CHANNEL VERSION');
  const rows = items.map((item) => [
    item.channel,
    item.versionId,
    item.updatedAt,
    accessTo(item.public),
  ]);
  for (const line of columns(['CHANNEL', 'VERSION', 'UPDATED', 'DOWNLOADS'], rows))
    output.line(line);
}

/** @param isPublic undefined where the service is of an earlier release, which does not say it */
function accessTo(isPublic: boolean | undefined): string {
  if (isPublic === undefined) return '-';
  return isPublic ? 'public' : 'private';
}

async function showHistory(session: Session, name: string): Promise<void> {
  const { output } = session;
  const record = await channelRecordOf(session, name, 'history of channels');
  output.document(record);
  const rows = record.history.map(({ versionId, movedAt, movedBy }) => [
    versionId,
    movedAt,
    movedBy ?? '-',
  ]);
  for (const line of columns(['VERSION', 'MOVED', 'BY TOKEN'], rows)) output.line(line);
  output.note(
    record.public
      ? `${name} is public: its downloads need no token`
      : `${name} is private: its downloads need a token, unless all downloads are public`,
  );
  const { rollout } = record;
  if (rollout !== undefined)
    output.note(`it rolls out ${rollout.versionId}; see stowage rollout status ${name}`);
}

async function rollback(
  session: Session,
  name: string,
  { to, skipChecks }: RollbackFlags,
): Promise<void> {
  const { output } = session;
  const record = await channelRecordOf(session, name, 'history of channels');
  const from = record.versionId;
  const versionId = to === undefined ? versionBefore(record) : requireRemembered(record, to);
  const moved =
    versionId === from
      ? record
      : await moveChecked(session, name, { versionId, expectedVersionId: from, skipChecks });
  output.document({ ...moved, from });
  output.line(
    versionId === from
      ? `${name} -> ${versionId}: it points there already`
      : `${name} -> ${versionId} (was ${from})`,
  );
}

/** @throws Fault NOT_FOUND */
function versionBefore({ channel, versionId, history: moves }: ChannelRecordBody): string {
  const before = moves.find((move) => move.versionId !== versionId);
  if (before !== undefined) return before.versionId;
  throw failure('NOT_FOUND', `channel ${channel} has pointed at ${versionId} alone`, {
    hint: `point it at another version with: stowage channel set ${channel} VERSION`,
  });
}

/** @throws Fault NOT_FOUND */
function requireRemembered({ channel, history: moves }: ChannelRecordBody, wanted: string): string {
  const versionId = parseVersion(wanted);
  if (moves.some((move) => move.versionId === versionId)) return versionId;
  const remembered = moves.map((move) => move.versionId).join(', ');
  throw failure(
    'NOT_FOUND',
    `channel ${channel} does not remember version ${versionId}; it remembers ${remembered}`,
    { hint: `point it at any version with: stowage channel set ${channel} VERSION` },
  );
}

async function remove({ client, output, signal }: Session, channel: string): Promise<void> {
  await client.deleteChannel(channel, { signal });
  output.document({ channel });
  output.line(`${channel}: removed`);
}
