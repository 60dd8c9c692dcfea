/** GET /channels/{channel} - what a channel points at, with the stable links of its packages: polled by updaters. */
import { presentChannel } from '../../api/present.ts';
import type { ChannelAnswer } from '../../api/schemas/answers.ts';
import { resolveChannel } from '../../core/reading/links.ts';
import { allAvailable } from '../../core/reading/listing.ts';
import type { PackageRecord } from '../../core/records.ts';
import { unlessKnown } from '../answers/conditional.ts';
import { operation } from '../chain/operation.ts';
import type { CatalogServices } from '../host/services.ts';
import { stableLink } from '../package-urls.ts';

/** With the longest names a package has some 1.1 KB here: this stays below the 6 MB of a Lambda answer. */
const MOST_PACKAGES = 5000;

export const getChannel = operation('getChannel', async (request, services: CatalogServices) => {
  const channel = await resolveChannel(services.catalog, request.caller, request.path.channel);
  const records = await allAvailable(services.catalog, channel.versionId, MOST_PACKAGES);
  const packages = records.map((record) => presentEntry(services.publicUrl, record));
  const answer: ChannelAnswer = { ...presentChannel(channel), packages };
  return unlessKnown(request.headers, 'application/json', JSON.stringify(answer));
});

function presentEntry(publicUrl: string, record: PackageRecord): ChannelAnswer['packages'][number] {
  const { packageId, ext, size, sha256, filename } = record;
  return { packageId, ext, size, sha256, filename, url: stableLink(publicUrl, record) };
}
