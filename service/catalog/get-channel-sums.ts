/** GET /channels/{channel}/SHA256SUMS - the checksums of the version that a channel points at. */
import { resolveChannel } from '../../core/reading/links.ts';
import { answerSums } from '../answers/sums.ts';
import { operation } from '../chain/operation.ts';
import type { CatalogServices } from '../host/services.ts';

export const getChannelSums = operation(
  'getChannelSums',
  async ({ caller, headers, path }, services: CatalogServices) => {
    const { versionId } = await resolveChannel(services.catalog, caller, path.channel);
    return answerSums(services, headers, versionId);
  },
);
