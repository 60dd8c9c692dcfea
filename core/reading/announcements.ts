/**
 * What other systems hear when a record has changed, from the record before and after. A
 * change that is seen twice gives the same announcement twice.
 */
import { EVENTS } from '../layout.ts';
import { publicNameOf, stablePath } from '../naming/filenames.ts';
import { type Catalog, everyPackage } from '../ports/catalog.ts';
import {
  type ChannelRecord,
  type PackageRecord,
  PUBLISHED,
  type VersionRecord,
} from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { isReleased } from './drafts.ts';

/** `before` is absent for a new record. */
export type RecordChange =
  | { readonly of: 'package'; readonly before?: PackageRecord; readonly after: PackageRecord }
  | { readonly of: 'version'; readonly before?: VersionRecord; readonly after: VersionRecord }
  | { readonly of: 'channel'; readonly before?: ChannelRecord; readonly after: ChannelRecord };

export interface Announcement {
  readonly type: (typeof EVENTS.type)[keyof typeof EVENTS.type];
  readonly detail: Readonly<Record<string, string | number>>;
}

export interface AnnouncementDeps {
  readonly catalog: Pick<Catalog, 'getVersion' | 'listPackages'>;
  readonly publicUrl: string;
}

/** Nothing for most changes, several for the release of a draft. */
export async function announcementsOf(
  deps: AnnouncementDeps,
  change: RecordChange,
): Promise<readonly Announcement[]> {
  switch (change.of) {
    case 'package':
      return announcePackage(deps, change.before, change.after);
    case 'version':
      return announceRelease(deps, change.before, change.after);
    case 'channel':
      return announceChannel(change.before, change.after);
  }
}

/** Readers see nothing of a draft: its packages are announced when it is released. */
async function announcePackage(
  { catalog, publicUrl }: AnnouncementDeps,
  before: PackageRecord | undefined,
  after: PackageRecord,
): Promise<readonly Announcement[]> {
  const type = before && typeOf(before, after);
  if (type === undefined || !(await isReleased(catalog, after))) return [];
  return [{ type, detail: packageDetail(publicUrl, after) }];
}

function typeOf(before: PackageRecord, after: PackageRecord): Announcement['type'] | undefined {
  if (before.state === after.state) return undefined;
  const wasPublished = PUBLISHED.includes(before.state);
  if (after.state === 'available')
    return wasPublished ? EVENTS.type.packageRestored : EVENTS.type.packageAvailable;
  if (!wasPublished) return undefined;
  if (after.state === 'yanked') return EVENTS.type.packageYanked;
  return after.state === 'deleted' ? EVENTS.type.packageDeleted : undefined;
}

async function announceRelease(
  { catalog, publicUrl }: AnnouncementDeps,
  before: VersionRecord | undefined,
  { versionId, draft }: VersionRecord,
): Promise<readonly Announcement[]> {
  if (before?.draft !== true || draft === true) return [];
  const found: Announcement[] = [];
  for await (const record of everyPackage(catalog, versionId, ['available']))
    found.push({ type: EVENTS.type.packageAvailable, detail: packageDetail(publicUrl, record) });
  return found;
}

function announceChannel(
  before: ChannelRecord | undefined,
  { channel, versionId, updatedAt }: ChannelRecord,
): readonly Announcement[] {
  if (before?.versionId === versionId) return [];
  const previous = withoutUndefined({ previousVersionId: before?.versionId });
  const detail = { channel, versionId, ...previous, movedAt: updatedAt };
  return [{ type: EVENTS.type.channelMoved, detail }];
}

function packageDetail(publicUrl: string, record: PackageRecord): Announcement['detail'] {
  const { versionId, packageId, ext, size, sha256, contentType, os, arch, libc, bundle } = record;
  const { publishedAt, yankedAt, yankReason } = record;
  return withoutUndefined({
    versionId,
    packageId,
    ext,
    filename: publicNameOf(record),
    url: `${publicUrl}${stablePath(record)}`,
    size,
    sha256,
    contentType,
    os,
    arch,
    libc,
    bundle,
    publishedAt,
    yankedAt,
    yankReason,
  });
}
