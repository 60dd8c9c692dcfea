/** The operations of consumers: stable links (the hot path) and batches of signed links. */
import type { LinkBody, LinksAnswer } from '../api/schemas/answers.ts';
import { addSeconds } from '../core/clock.ts';
import type { PackageId, VersionId } from '../core/names.ts';
import { isFeed } from '../core/naming/feeds.ts';
import type { SignedRequest } from '../core/ports/blob-store.ts';
import {
  findAvailable,
  findInChannel,
  type LinkOutcome,
  linkAll,
  signLink,
  signLinks,
} from '../core/reading/links.ts';
import { followPeopleLink } from '../core/reading/people-links.ts';
import { digestOf, type PackageRecord } from '../core/records.ts';
import { answerBytes, answerHead, asksForJson, redirectTo } from './answers/download.ts';
import { json } from './answers/json.ts';
import { linkInChannel, stableLink } from './answers/package-urls.ts';
import { forOneClient } from './answers/rollout.ts';
import type { Headers } from './chain/call.ts';
import { operation } from './chain/operation.ts';
import { openForClient, requireToken } from './chain/public-access.ts';
import type { HandlerResult } from './host/handler.ts';
import type { DownloadServices } from './host/services.ts';

export const downloads = {
  /** GET and HEAD /packages/{versionId}/{file}: the stable link of a package, by its filename or its alias. */
  downloadPackage: operation('downloadPackage', async (request, services: DownloadServices) => {
    const { versionId, file } = request.path;
    requireToken(request);
    const record = await findAvailable(services.catalog, versionId, file);
    return answerDownload(request, services, record, stableLink(services.publicUrl, record));
  }),

  /** GET and HEAD /channels/{channel}/{file}: the same, in the versions that a channel remembers. */
  downloadFromChannel: operation(
    'downloadFromChannel',
    async (request, services: DownloadServices) => {
      const { catalog, publicUrl } = services;
      const opened = await openForClient(catalog, request, request.path.channel);
      const { channel, versionId, at } = opened;
      const { file } = request.path;
      const record = await findInChannel(catalog, request.caller, channel, file, versionId);
      const url = linkInChannel(publicUrl, channel, record, at);
      const answer = await answerDownload(request, services, record, url);
      return isFeed(file) ? forOneClient(services, request, opened, answer) : answer;
    },
  ),

  /** GET and HEAD /links/{linkId}: a link for people, whose secret is in the query. */
  followLink: operation('followLink', async (request, services: DownloadServices) => {
    const secret = request.query['k'];
    const record = await followPeopleLink(
      services,
      request.path.linkId,
      typeof secret === 'string' ? secret : undefined,
      request.method !== 'HEAD',
    );
    const answered = services.presignedUrls ? request : { ...request, headers: {} };
    return answerDownload(answered, services, record, stableLink(services.publicUrl, record));
  }),

  /** POST /v1/versions/{versionId}/links: links to many packages, each signed by itself. */
  createLinks: operation('createLinks', async (request, services: DownloadServices) => {
    const { path, body } = request;
    const outcomes = await linksOf(services, path.versionId, body.packageIds);
    return json(200, { items: outcomes.map(presentOutcome) });
  }),
};

interface DownloadRequest {
  readonly method: string;
  readonly headers: Headers;
}

/** @param url what JSON names where the service sends the bytes itself */
async function answerDownload(
  { method, headers }: DownloadRequest,
  services: DownloadServices,
  record: PackageRecord,
  url: string,
): Promise<HandlerResult> {
  if (method === 'HEAD') return answerHead(headers, record);
  if (asksForJson(headers['accept'])) {
    const request = services.presignedUrls
      ? await signLink(services, record)
      : { url, expiresAt: addSeconds(services.clock(), services.limits.linkTtlSeconds) };
    return json(200, presentLink({ record, request }), { vary: 'Accept' });
  }
  if (!services.presignedUrls) return answerBytes(record);
  return redirectTo((await signLink(services, record)).url, record);
}

/** With PRESIGNED_URLS=false a link is the stable one, which asks for a token unless downloads are public. */
async function linksOf(
  services: DownloadServices,
  versionId: VersionId,
  packageIds: readonly PackageId[],
): Promise<readonly LinkOutcome[]> {
  if (services.presignedUrls) return signLinks(services, versionId, packageIds);
  const { limits, clock, publicUrl } = services;
  return linkAll(services.catalog, versionId, packageIds, async (record) => ({
    method: 'GET',
    url: stableLink(publicUrl, record),
    headers: {},
    expiresAt: addSeconds(clock(), limits.linkTtlSeconds),
  }));
}

function presentOutcome(outcome: LinkOutcome): LinksAnswer['items'][number] {
  return 'code' in outcome ? outcome : { packageId: outcome.packageId, ...presentLink(outcome) };
}

interface PresentedLink {
  readonly record: PackageRecord;
  readonly request: Pick<SignedRequest, 'url' | 'expiresAt'>;
}

function presentLink({ record, request }: PresentedLink): LinkBody {
  const { size, filename, contentType } = record;
  const sha256 = digestOf(record);
  const expiresAt = request.expiresAt.toISOString();
  return { url: request.url, expiresAt, size, sha256, filename, contentType };
}
