/** The operations of consumers: stable links (the hot path) and batches of signed links. */
import type { LinkBody, LinksAnswer } from '../api/schemas/answers.ts';
import { addSeconds } from '../core/clock.ts';
import {
  findAvailable,
  type Link,
  type LinkDeps,
  type LinkOutcome,
  type LinkStore,
  resolveChannel,
  signLink,
  signLinks,
} from '../core/reading/links.ts';
import type { PackageRecord } from '../core/records.ts';
import { answerBytes, answerHead, asksForJson, redirectTo } from './answers/download.ts';
import { json } from './answers/json.ts';
import type { Headers } from './chain/call.ts';
import { operation } from './chain/operation.ts';
import type { HandlerResult } from './host/handler.ts';
import type { DownloadServices } from './host/services.ts';
import { stableLink } from './package-urls.ts';

export const downloads = {
  /** GET and HEAD /packages/{versionId}/{file}: the stable link of a package. */
  downloadPackage: operation('downloadPackage', async (request, services: DownloadServices) => {
    const { versionId, file } = request.path;
    return answerDownload(
      request,
      services,
      await findAvailable(services.catalog, versionId, file),
    );
  }),

  /** GET and HEAD /channels/{channel}/{file}: the same for the version that a channel points at. */
  downloadFromChannel: operation(
    'downloadFromChannel',
    async (request, services: DownloadServices) => {
      const { channel, file } = request.path;
      const { versionId } = await resolveChannel(services.catalog, request.caller, channel);
      return answerDownload(
        request,
        services,
        await findAvailable(services.catalog, versionId, file),
      );
    },
  ),

  /** POST /v1/versions/{versionId}/links: signed links to many packages. */
  createLinks: operation('createLinks', async (request, services: DownloadServices) => {
    const { path, body } = request;
    const outcomes = await signLinks(linkDeps(services), path.versionId, body.packageIds);
    return json(200, { items: outcomes.map(presentOutcome) });
  }),
};

interface DownloadRequest {
  readonly method: string;
  readonly headers: Headers;
}

async function answerDownload(
  { method, headers }: DownloadRequest,
  services: DownloadServices,
  record: PackageRecord,
): Promise<HandlerResult> {
  if (method === 'HEAD') return answerHead(headers, record);
  if (asksForJson(headers['accept'])) {
    const request = await signLink(linkDeps(services), record);
    return json(200, presentLink({ record, request }), { vary: 'Accept' });
  }
  if (!services.presignedUrls) return answerBytes(record);
  return redirectTo((await signLink(services, record)).url, record);
}

/**
 * With PRESIGNED_URLS=false the service hands out stable links instead of signed ones. They need a
 * token unless downloads are public.
 */
function linkDeps(services: DownloadServices): LinkDeps {
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
  const stores = { store: unsigned(store), ...(fallback && { fallback: unsigned(fallback) }) };
  return { catalog, limits, ...stores };
}

function presentOutcome(outcome: LinkOutcome): LinksAnswer['items'][number] {
  return 'code' in outcome ? outcome : { packageId: outcome.packageId, ...presentLink(outcome) };
}

function presentLink({ record, request }: Link): LinkBody {
  const { size, sha256, filename, contentType } = record;
  const expiresAt = request.expiresAt.toISOString();
  return { url: request.url, expiresAt, size, sha256, filename, contentType };
}
