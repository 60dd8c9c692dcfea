/** The operations that read records: versions, packages, checksums, and channel answers. */
import { presentChannel, presentPackage, presentVersion } from '../api/present.ts';
import type { ChannelAnswer } from '../api/schemas/answers.ts';
import { resolveChannel } from '../core/reading/links.ts';
import {
  allAvailable,
  getPackage,
  getVersion,
  listPackages,
  listVersions,
  visibleStates,
} from '../core/reading/listing.ts';
import type { PackageRecord } from '../core/records.ts';
import { unlessKnown } from './answers/conditional.ts';
import { answerPage, json } from './answers/json.ts';
import { answerSums } from './answers/sums.ts';
import { operation } from './chain/operation.ts';
import type { CatalogServices } from './host/services.ts';
import { stableLink } from './package-urls.ts';

/** An entry has at most about 1.1 KB, so this keeps the answer below the 6 MB limit of Lambda. */
const MOST_PACKAGES_OF_A_CHANNEL = 5000;

export const catalog = {
  /** GET /v1/versions: the versions that the caller may see, newest first. */
  listVersions: operation('listVersions', async ({ caller, query }, services: CatalogServices) =>
    answerPage(
      services,
      `versions ${caller.versions ?? '*'}`,
      query,
      (page) => listVersions(services.catalog, caller, page),
      presentVersion,
    ),
  ),

  /** GET /v1/versions/{versionId}: one version. */
  getVersion: operation('getVersion', async (request, services: CatalogServices) =>
    json(200, presentVersion(await getVersion(services.catalog, request.path.versionId))),
  ),

  /** GET /v1/versions/{versionId}/packages: the packages that the caller may see. */
  listPackages: operation(
    'listPackages',
    async ({ caller, path, query }, services: CatalogServices) => {
      const states = visibleStates(caller);
      return answerPage(
        services,
        `packages ${path.versionId} ${states.join()}`,
        query,
        (page) => listPackages(services.catalog, path.versionId, states, page),
        presentPackage,
      );
    },
  ),

  /** GET /v1/versions/{versionId}/packages/{packageId}: one package. */
  getPackage: operation('getPackage', async (request, services: CatalogServices) =>
    json(200, presentPackage(await getPackage(services.catalog, request.caller, request.path))),
  ),

  /** GET /packages/{versionId}/SHA256SUMS: the checksums of a version. */
  getSums: operation('getSums', async ({ headers, path }, services: CatalogServices) =>
    answerSums(services, headers, path.versionId),
  ),

  /** GET /channels/{channel}: the packages of the version that a channel points at. */
  getChannel: operation('getChannel', async (request, services: CatalogServices) => {
    const channel = await resolveChannel(services.catalog, request.caller, request.path.channel);
    const records = await allAvailable(
      services.catalog,
      channel.versionId,
      MOST_PACKAGES_OF_A_CHANNEL,
    );
    const packages = records.map((record) => presentEntry(services.publicUrl, record));
    const answer: ChannelAnswer = { ...presentChannel(channel), packages };
    return unlessKnown(request.headers, 'application/json', JSON.stringify(answer));
  }),

  /** GET /channels/{channel}/SHA256SUMS: the checksums of the version that a channel points at. */
  getChannelSums: operation('getChannelSums', async (request, services: CatalogServices) => {
    const { caller, headers, path } = request;
    const { versionId } = await resolveChannel(services.catalog, caller, path.channel);
    return answerSums(services, headers, versionId);
  }),
};

function presentEntry(publicUrl: string, record: PackageRecord): ChannelAnswer['packages'][number] {
  const { packageId, ext, size, sha256, filename } = record;
  return { packageId, ext, size, sha256, filename, url: stableLink(publicUrl, record) };
}
