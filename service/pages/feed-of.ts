/** Versions as the feed of releases. */
import type { VersionRecord } from '../../core/records.ts';
import { renderFeed } from '../../web/pages/feed.ts';
import { siteAt } from '../../web/pages/page.ts';
import { versionUrl } from '../answers/package-urls.ts';

/** @param versions the newest first */
export function feedOf(publicUrl: string, versions: readonly VersionRecord[]): string {
  const entries = versions.map(({ versionId, createdAt, notes }) => ({
    ...{ versionId, createdAt, notes },
    path: versionUrl('', versionId),
  }));
  return renderFeed(siteAt(publicUrl), entries);
}
