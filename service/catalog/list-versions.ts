/** GET /v1/versions - lists the versions that the caller may see, newest first. */
import { presentVersion } from '../../api/present.ts';
import { listVersions as list } from '../../core/reading/listing.ts';
import { answerPage } from '../answers/paging.ts';
import { operation } from '../chain/operation.ts';
import type { CatalogServices } from '../host/services.ts';

export const listVersions = operation('listVersions', async ({ caller, query }, services: CatalogServices) =>
  answerPage(
    services,
    `versions ${caller.versions ?? '*'}`,
    query,
    (page) => list(services.catalog, caller, page),
    presentVersion,
  ),
);
