/** GET /v1/versions/{versionId}/packages/{packageId} - one package. */
import { presentPackage } from '../../api/present.ts';
import { getPackage as find } from '../../core/reading/listing.ts';
import { json } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { CatalogServices } from '../host/services.ts';

export const getPackage = operation('getPackage', async (request, services: CatalogServices) => {
  const record = await find(services.catalog, request.caller, request.path);
  return json(200, presentPackage(record));
});
