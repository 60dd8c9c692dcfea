/** GET /v1/versions/{versionId}/packages - lists the packages of a version that the caller may see. */
import { presentPackage } from '../../api/present.ts';
import { listPackages as list, visibleStates } from '../../core/reading/listing.ts';
import { answerPage } from '../answers/paging.ts';
import { operation } from '../chain/operation.ts';
import type { CatalogServices } from '../host/services.ts';

export const listPackages = operation('listPackages', async ({ caller, path, query }, services: CatalogServices) => {
  const states = visibleStates(caller);
  return answerPage(
    services,
    `packages ${path.versionId} ${states.join()}`,
    query,
    (page) => list(services.catalog, path.versionId, states, page),
    presentPackage,
  );
});
