/** What the first page shows: the channels and the newest versions that the visitor may see. */
import { coversVersion, type Principal } from '../../core/access/access.ts';
import { findChannels } from '../../core/reading/channels.ts';
import { listVersions } from '../../core/reading/listing.ts';
import type { ChannelRecord, VersionRecord } from '../../core/records.ts';
import type { PublicRequest } from '../chain/public-access.ts';
import type { CatalogServices } from '../host/services.ts';

const MOST_CHANNELS = 100;
const NEWEST = 10;

export interface Index {
  readonly channels: readonly ChannelRecord[];
  /** The newest first. */
  readonly versions: readonly VersionRecord[];
  /** Whether a token would show more. */
  readonly needsToken: boolean;
}

/** Without a token where one is needed, only channels that are public are seen. */
export async function readIndex(
  { catalog }: Pick<CatalogServices, 'catalog'>,
  { caller, lacksToken }: PublicRequest,
): Promise<Index> {
  const isSeen = (channel: ChannelRecord) =>
    lacksToken ? channel.public === true : mayOpen(caller, channel);
  const [channels, versions] = await Promise.all([
    findChannels(catalog, isSeen, MOST_CHANNELS),
    lacksToken ? [] : newestVersions(catalog, caller),
  ]);
  return { channels, versions, needsToken: lacksToken };
}

function mayOpen(caller: Principal | undefined, { versionId }: ChannelRecord): boolean {
  return caller === undefined || coversVersion(caller, versionId);
}

async function newestVersions(
  catalog: CatalogServices['catalog'],
  caller: Principal | undefined,
): Promise<readonly VersionRecord[]> {
  return (await listVersions(catalog, caller, { limit: NEWEST }, false)).items;
}
