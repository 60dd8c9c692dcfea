/** The operations that read records: versions, packages, checksums, and what a channel points at. */
import { presentMatch, presentPackage, presentPlatform, presentVersion } from '../api/present.ts';
import type { ChannelAnswer, PublicVersion } from '../api/schemas/answers.ts';
import type { ChannelName, VersionId } from '../core/names.ts';
import { publicNameOf } from '../core/naming/filenames.ts';
import { findForPlatform } from '../core/reading/for-platform.ts';
import {
  allAvailable,
  findByDigest,
  getPackage,
  getVersion,
  listPackages,
  listVersions,
  seesDrafts,
  visibleStates,
} from '../core/reading/listing.ts';
import { type ChannelRecord, digestOf, type PackageRecord } from '../core/records.ts';
import { requireStatements } from '../core/sealing/keep-statement.ts';
import { withoutUndefined } from '../core/without-undefined.ts';
import { unlessKnown } from './answers/conditional.ts';
import { answerIndex, answerPage, json, pageOf } from './answers/json.ts';
import { linkInChannel, stableLink, versionUrl } from './answers/package-urls.ts';
import { forOneClient } from './answers/rollout.ts';
import { answerStatement } from './answers/statement.ts';
import { answerSums } from './answers/sums.ts';
import { operation } from './chain/operation.ts';
import {
  type ClientRequest,
  type OpenedChannel,
  openChannel,
  openForClient,
  requireToken,
} from './chain/public-access.ts';
import type { CatalogServices } from './host/services.ts';
import { operationWithPage } from './pages/with-page.ts';

/** An entry has at most about 1.1 KB, so this keeps the answer below the 6 MB limit of Lambda. */
const MOST_PACKAGES_OF_A_CHANNEL = 5000;

export const catalog = {
  /** GET /v1/versions: the versions that the caller may see, newest first. */
  listVersions: operation('listVersions', async ({ caller, query }, services: CatalogServices) =>
    answerPage(
      services,
      `versions ${caller.versions ?? '*'}`,
      query,
      (page) => listVersions(services.catalog, caller, page, seesDrafts(caller)),
      presentVersion,
    ),
  ),

  /** GET /v1/versions/{versionId}: one version. */
  getVersion: operation('getVersion', async ({ caller, path }, services: CatalogServices) => {
    const record = await getVersion(services.catalog, path.versionId, seesDrafts(caller));
    return json(200, presentVersion(record));
  }),

  /** GET /v1/versions/{versionId}/packages: the packages that the caller may see. */
  listPackages: operation(
    'listPackages',
    async ({ caller, path, query }, services: CatalogServices) => {
      const states = visibleStates(caller);
      return answerPage(
        services,
        `packages ${path.versionId} ${states.join()}`,
        query,
        (page) => listPackages(services.catalog, path.versionId, states, page, seesDrafts(caller)),
        (record) => presentPackage(record, services.publicUrl),
      );
    },
  ),

  /** GET /v1/versions/{versionId}/packages/{packageId}: one package. */
  getPackage: operation('getPackage', async (request, services: CatalogServices) =>
    json(
      200,
      presentPackage(
        await getPackage(services.catalog, request.caller, request.path),
        services.publicUrl,
      ),
    ),
  ),

  /** GET /v1/digests/{digest}: the packages that have these bytes. */
  findByDigest: operation(
    'findByDigest',
    async ({ caller, path, query }, services: CatalogServices) => {
      const sha256 = path.digest.slice('sha256:'.length);
      return answerPage(
        services,
        `digests ${sha256} ${caller.versions ?? '*'} ${visibleStates(caller).join()}`,
        query,
        (page) => findByDigest(services.catalog, caller, sha256, page),
        (record) => presentMatch(record, services.publicUrl),
      );
    },
  ),

  /** GET /packages: the released versions. */
  listPublicVersions: operationWithPage(
    'listPublicVersions',
    async (request, services) => {
      requireToken(request);
      const { caller, headers, query } = request;
      const list = `public versions ${caller?.versions ?? '*'}`;
      const page = await pageOf(services, list, query);
      const { items, next } = await listVersions(services.catalog, caller, page, false);
      const answer = {
        items: items.map(({ versionId, createdAt, sealedAt }) => ({
          versionId,
          createdAt,
          sealed: sealedAt !== undefined,
          url: versionUrl(services.publicUrl, versionId),
        })),
      };
      return answerIndex(services, headers, list, answer, next);
    },
    ({ versionsPage }) => versionsPage,
  ),

  /** GET /packages/{versionId}: a released version and its files. */
  getPublicVersion: operationWithPage(
    'getPublicVersion',
    async (request, services) => {
      requireToken(request);
      const { headers, path, query } = request;
      const { versionId } = path;
      const version = await getVersion(services.catalog, versionId, false);
      const list = `public packages ${versionId}`;
      const page = await pageOf(services, list, query);
      const found = await services.catalog.listPackages(versionId, ['available'], page);
      const { createdAt, notes, sealedAt } = version;
      const answer = {
        ...{ versionId, createdAt, sealed: sealedAt !== undefined },
        ...withoutUndefined({ notes }),
        packages: found.items.map((record) => presentFile(services.publicUrl, record)),
      };
      return answerIndex(services, headers, list, answer, found.next);
    },
    ({ versionPage }) => versionPage,
  ),

  /** GET /packages/{versionId}/SHA256SUMS: the checksums of a version. */
  getSums: operation('getSums', async (request, services: CatalogServices) => {
    requireToken(request);
    return answerSums(services, request.headers, request.path.versionId);
  }),

  /** GET /packages/{versionId}/release.intoto.jsonl: what a sealed version says of itself, signed. */
  getStatement: operation('getStatement', async (request, services: CatalogServices) => {
    requireToken(request);
    return answerStatement(services, request.headers, request.path.versionId);
  }),

  /** GET /channels/{channel}/release.intoto.jsonl: that of the version that a channel points at. */
  getChannelStatement: operation(
    'getChannelStatement',
    async (request, services: CatalogServices) => {
      const { versionId } = await openChannel(services.catalog, request, request.path.channel);
      return answerStatement(services, request.headers, versionId);
    },
  ),

  /** GET /v1/release-keys: the keys that sign statements. */
  getReleaseKeys: operation('getReleaseKeys', async (_, services: CatalogServices) => {
    const keys = await requireStatements(services).releaseSigner.keys();
    return json(200, { keys });
  }),

  /** GET /channels/{channel}: the packages that a channel points at; updaters poll it. */
  getChannel: operationWithPage(
    'getChannel',
    async (request, services) => {
      const opened = await openWithPackages(services, request);
      const { channel, versionId, at, records } = opened;
      const packages = records.map((record) =>
        presentEntry(services.publicUrl, channel, record, at),
      );
      const pointer = { channel: channel.channel, versionId, updatedAt: channel.updatedAt };
      const answer: ChannelAnswer = { ...pointer, packages };
      const known = unlessKnown(request.headers, 'application/json', JSON.stringify(answer));
      const headers = { ...known.headers, vary: 'Accept, Authorization' };
      return forOneClient(services, request, opened, { ...known, headers });
    },
    ({ channelPage }) => channelPage,
  ),

  /** GET /channels/{channel}/for/{os}/{arch}: to the file of the channel's version for a platform. */
  downloadForPlatform: operation(
    'downloadForPlatform',
    async (request, services: CatalogServices) => {
      const opened = await openWithPackages(services, request);
      const { channel, at, records } = opened;
      const record = findForPlatform(
        records,
        { ...request.path, ...request.query },
        channel.policy?.preferExts,
      );
      return forOneClient(services, request, opened, {
        statusCode: 302,
        headers: {
          location: linkInChannel(services.publicUrl, channel, record, at),
          'cache-control': 'no-store',
        },
      });
    },
  ),

  /** GET /channels/{channel}/SHA256SUMS: the checksums of the version that a channel points at. */
  getChannelSums: operation('getChannelSums', async (request, services: CatalogServices) => {
    const { versionId } = await openChannel(services.catalog, request, request.path.channel);
    return answerSums(services, request.headers, versionId);
  }),
};

/** The channel that a request may read, with every available package of its client's version. */
async function openWithPackages(
  services: CatalogServices,
  request: ClientRequest & { readonly path: { readonly channel: ChannelName } },
): Promise<OpenedChannel & { readonly records: readonly PackageRecord[] }> {
  const opened = await openForClient(services.catalog, request, request.path.channel);
  const { versionId } = opened;
  const records = await allAvailable(services.catalog, versionId, MOST_PACKAGES_OF_A_CHANNEL);
  return { ...opened, records };
}

function presentFile(publicUrl: string, record: PackageRecord): PublicVersion['packages'][number] {
  const { packageId, ext, size, contentType, publishedAt } = record;
  return {
    filename: publicNameOf(record),
    ...{ packageId, ext, size, sha256: digestOf(record), contentType },
    ...presentPlatform(record),
    url: stableLink(publicUrl, record),
    ...withoutUndefined({ publishedAt }),
  };
}

function presentEntry(
  publicUrl: string,
  channel: ChannelRecord,
  record: PackageRecord,
  at: VersionId | undefined,
): ChannelAnswer['packages'][number] {
  const { packageId, ext, size } = record;
  return {
    ...{ packageId, ext, size, sha256: digestOf(record) },
    filename: publicNameOf(record),
    url: linkInChannel(publicUrl, channel, record, at),
    ...presentPlatform(record),
  };
}
