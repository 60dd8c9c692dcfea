/** Who may read the public paths: callers with a token, everyone where downloads are public, and everyone below a public channel. */
import type { Principal } from '../../core/access/access.ts';
import { ServiceError } from '../../core/errors.ts';
import type { ChannelName, VersionId } from '../../core/names.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import { atVersion, getChannel } from '../../core/reading/channels.ts';
import type { ChannelRecord } from '../../core/records.ts';
import {
  clientIdOf,
  groupOf,
  type RolloutGroup,
  versionFor,
} from '../../core/rollouts/audience.ts';
import type { ChannelForClient } from '../../core/updates/find-update.ts';
import type { Headers } from './call.ts';

export interface PublicRequest {
  readonly caller: Principal | undefined;
  /** No token was sent, and the service asks for one. */
  readonly lacksToken: boolean;
}

export interface ChannelRequest extends PublicRequest {
  readonly query: { readonly at?: VersionId | undefined };
}

/** @throws UNAUTHENTICATED */
export function requireToken({ lacksToken }: PublicRequest): void {
  if (lacksToken) throw tokenRequired();
}

export function tokenRequired(): ServiceError {
  return new ServiceError(
    'UNAUTHENTICATED',
    'a token is required, as Bearer or as the password of Basic',
  );
}

export interface ClientRequest extends ChannelRequest {
  readonly headers: Headers;
  readonly query: ChannelRequest['query'] & Readonly<Record<string, unknown>>;
}

/** A channel, and the version of it that the client of a request gets. */
export interface OpenedChannel extends ChannelForClient {
  /** The version that links have to name, since without it they lead to another one. */
  readonly at: VersionId | undefined;
  /** Undefined while the channel rolls out no version. */
  readonly group: RolloutGroup | undefined;
}

/**
 * The channel that a request may read, as its client gets it: while a version is rolled out, some
 * clients get that one. A request that names a version gets that version.
 * @throws as `openChannel`
 */
export async function openForClient(
  catalog: Pick<Catalog, 'getChannel'>,
  request: ClientRequest,
  name: ChannelName,
): Promise<OpenedChannel> {
  const channel = await openChannel(catalog, request, name);
  const { caller, headers, query } = request;
  if (channel.rollout === undefined)
    return { channel, versionId: channel.versionId, at: query.at, group: undefined };
  const clientId = clientIdOf(headers, query);
  const versionId = versionFor(channel, caller, clientId);
  const at = versionId === channel.versionId ? undefined : versionId;
  return { channel, versionId, at, group: groupOf(channel, versionId, clientId) };
}

/**
 * The channel that a request may read, at the version that it names.
 * @throws UNAUTHENTICATED without a token, also where there is no such channel; NOT_FOUND
 */
export async function openChannel(
  catalog: Pick<Catalog, 'getChannel'>,
  request: ChannelRequest,
  channel: ChannelName,
): Promise<ChannelRecord> {
  const { caller, lacksToken, query } = request;
  const record = lacksToken
    ? await catalog.getChannel(channel)
    : await getChannel(catalog, caller, channel);
  if (record === undefined || (lacksToken && record.public !== true)) throw tokenRequired();
  return query.at === undefined ? record : atVersion(record, caller, query.at);
}
