/** Where a package is found from outside: its record, and its stable link. A `+` is written `%2B` in every URL. */

import type { ChannelName, VersionId } from '../../core/names.ts';
import { encodeName, publicNameOf, stablePath } from '../../core/naming/filenames.ts';
import type { ChannelRecord, PackageRecord } from '../../core/records.ts';

/** The stable link, by the filename. */
export function stableLink(publicUrl: string, record: PackageRecord): string {
  return `${publicUrl}${stablePath(record)}`;
}

/**
 * The link to a package of a channel's version. Below a public channel it needs no token.
 * @param at the version that the request named, if it named one
 */
export function linkInChannel(
  publicUrl: string,
  { channel, public: isPublic }: ChannelRecord,
  record: PackageRecord,
  at: VersionId | undefined,
): string {
  if (isPublic !== true) return stableLink(publicUrl, record);
  const query = at === undefined ? '' : `?at=${encodeName(at)}`;
  return `${publicUrl}/channels/${channel}/${encodeName(publicNameOf(record))}${query}`;
}

/**
 * The link to a package below a channel, at its own version: it leads to the same bytes after the
 * channel has moved to a version that has other bytes under this name.
 */
export function pinnedLink(publicUrl: string, channel: ChannelName, record: PackageRecord): string {
  const { versionId } = record;
  return `${publicUrl}/channels/${channel}/${encodeName(publicNameOf(record))}?at=${encodeName(versionId)}`;
}

/** The URL of the record in the API. */
export function packageUrl(
  publicUrl: string,
  record: Pick<PackageRecord, 'versionId' | 'packageId'>,
): string {
  return `${publicUrl}/v1/versions/${encodeName(record.versionId)}/packages/${record.packageId}`;
}

/** The public page of a version. */
export function versionUrl(publicUrl: string, versionId: string): string {
  return `${publicUrl}/packages/${encodeName(versionId)}`;
}
