/** Channels: names that point at a version. */
import { coversVersion, type Principal, requireVersion } from '../access/access.ts';
import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import type { ChannelName, VersionId } from '../names.ts';
import type { Catalog, Page, PageRequest } from '../ports/catalog.ts';
import type { ChannelRecord } from '../records.ts';

export interface ChannelDeps {
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/** A caller that is limited to versions sees the channels that point at one of them. */
export async function listChannels(
  deps: Pick<ChannelDeps, 'catalog'>,
  caller: Principal,
  page: PageRequest,
): Promise<Page<ChannelRecord>> {
  const found = await deps.catalog.listChannels(page);
  return {
    ...found,
    items: found.items.filter((channel) => coversVersion(caller, channel.versionId)),
  };
}

/**
 * Points a channel at a version. A caller that is limited to versions may change only channels that
 * point at one of them.
 * @throws NOT_FOUND for an unknown version, CONFLICT if the channel points elsewhere than expected,
 *   FORBIDDEN
 */
export async function putChannel(
  deps: ChannelDeps,
  caller: Principal,
  channel: ChannelName,
  versionId: VersionId,
  expectedVersionId: VersionId | undefined,
): Promise<ChannelRecord> {
  requireVersion(caller, versionId);
  if (expectedVersionId !== undefined) requireVersion(caller, expectedVersionId);
  const current = await deps.catalog.getChannel(channel);
  if (current !== undefined) requireTarget(caller, current);
  if ((await deps.catalog.getVersion(versionId)) === undefined) {
    throw new ServiceError('NOT_FOUND', `there is no version ${versionId}`);
  }
  const record = { channel, versionId, updatedAt: deps.clock().toISOString() };
  // A limited caller must not overwrite a change that was made since we read the channel.
  const seen = caller.versions === undefined ? undefined : (current?.versionId ?? null);
  const guard = expectedVersionId ?? seen;
  if (await deps.catalog.putChannel(record, guard)) return record;
  const now = await deps.catalog.getChannel(channel);
  if (now !== undefined) requireTarget(caller, now);
  throw new ServiceError(
    'CONFLICT',
    `channel ${channel} points at ${now?.versionId ?? 'nothing'}, expected ${guard ?? 'nothing'}`,
  );
}

/** Repeatable. @throws FORBIDDEN if the channel points beyond the caller's limit */
export async function deleteChannel(
  deps: Pick<ChannelDeps, 'catalog'>,
  caller: Principal,
  channel: ChannelName,
): Promise<void> {
  const current = await deps.catalog.getChannel(channel);
  if (current === undefined) return;
  requireTarget(caller, current);
  const guard = caller.versions === undefined ? undefined : current.versionId;
  if (await deps.catalog.deleteChannel(channel, guard)) return;
  throw new ServiceError('CONFLICT', `channel ${channel} was moved in the meantime; look again`);
}

/** The error does not name the version, which the caller may not see. @throws FORBIDDEN */
function requireTarget(caller: Principal, current: ChannelRecord): void {
  if (coversVersion(caller, current.versionId)) return;
  throw new ServiceError(
    'FORBIDDEN',
    `this token is limited to versions matching ${caller.versions}, and channel ${current.channel} points at another`,
  );
}
