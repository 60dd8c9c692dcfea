/** GET /packages/{versionId}/SHA256SUMS - the checksums of a version. */
import { answerSums } from '../answers/sums.ts';
import { operation } from '../chain/operation.ts';
import type { CatalogServices } from '../host/services.ts';

export const getSums = operation('getSums', async ({ headers, path }, services: CatalogServices) =>
  answerSums(services, headers, path.versionId),
);
