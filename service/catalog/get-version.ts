/** GET /v1/versions/{versionId} - one version. */
import { presentVersion } from '../../api/present.ts';
import { getVersion as find } from '../../core/reading/listing.ts';
import { json } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { CatalogServices } from '../host/services.ts';

export const getVersion = operation('getVersion', async (request, services: CatalogServices) => {
  const record = await find(services.catalog, request.path.versionId);
  return json(200, presentVersion(record));
});
