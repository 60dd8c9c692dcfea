/** The operations by which people come in: the first page, and the feed of releases. */
import { listVersions } from '../core/reading/listing.ts';
import { unlessKnown } from './answers/conditional.ts';
import { versionUrl } from './answers/package-urls.ts';
import { operation } from './chain/operation.ts';
import { requireToken } from './chain/public-access.ts';
import type { CatalogServices } from './host/services.ts';
import { readIndex } from './pages/read-index.ts';
import { operationWithPage } from './pages/with-page.ts';

/** Readers of feeds look often, and keep what they have seen. */
const ENTRIES = 20;

const VARYING = { vary: 'Accept, Authorization', 'cache-control': 'private, no-cache' };

export const front = {
  /** GET /: the channels and the newest versions. */
  getIndex: operationWithPage(
    'getIndex',
    async (request, services) => {
      const { channels, versions, needsToken } = await readIndex(services, request);
      const { publicUrl } = services;
      const body = {
        channels: channels.map(({ channel, versionId, updatedAt }) => ({
          ...{ channel, versionId, updatedAt },
          url: `${publicUrl}/channels/${channel}`,
        })),
        versions: versions.map(({ versionId, createdAt }) => ({
          ...{ versionId, createdAt },
          url: versionUrl(publicUrl, versionId),
        })),
        needsToken,
        versionsUrl: `${publicUrl}/packages`,
        feedUrl: `${publicUrl}/releases.atom`,
      };
      const answer = unlessKnown(request.headers, 'application/json', JSON.stringify(body));
      return { ...answer, headers: { ...answer.headers, ...VARYING } };
    },
    ({ indexPage }) => indexPage,
  ),

  /** GET /releases.atom: the newest versions for readers of feeds. */
  getReleaseFeed: operation('getReleaseFeed', async (request, services: CatalogServices) => {
    requireToken(request);
    const { catalog, publicUrl } = services;
    const { items } = await listVersions(catalog, request.caller, { limit: ENTRIES }, false);
    const { feedOf } = await import('./pages/feed-of.ts');
    const feed = feedOf(publicUrl, items);
    const answer = unlessKnown(request.headers, 'application/atom+xml; charset=utf-8', feed);
    return { ...answer, headers: { ...answer.headers, ...VARYING } };
  }),
};
