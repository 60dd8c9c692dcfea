/** GET /readyz - whether store and catalog answer; a host that may not see the store asks the catalog alone. */
import { json } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { CatalogServices } from '../host/services.ts';

export const getReadiness = operation('getReadiness', async (_, { readiness }: CatalogServices) => {
  await readiness.check();
  return json(200, { status: 'ok' }, { 'cache-control': 'no-store' });
});
