/** Who makes the links that are handed out: the store, or nobody, where the service sends downloads itself. */
import { addSeconds } from '../../core/clock.ts';
import type { LinkDeps, LinkStore } from '../../core/reading/links.ts';
import type { DownloadServices } from '../host/services.ts';
import { stableLink } from '../package-urls.ts';

/** With PRESIGNED_URLS=false a link is the stable one, which asks for a token where downloads are not public. */
export function linkDeps(services: DownloadServices): LinkDeps {
  if (services.presignedUrls) return services;
  const { catalog, limits, publicUrl, clock, store, fallback } = services;
  const unsigned = ({ name }: LinkStore): LinkStore => ({
    name,
    signDownload: async (key, _terms, expiresInSeconds) => ({
      method: 'GET',
      url: stableLink(publicUrl, { key }),
      headers: {},
      expiresAt: addSeconds(clock(), expiresInSeconds),
    }),
  });
  return { catalog, limits, store: unsigned(store), ...(fallback && { fallback: unsigned(fallback) }) };
}
