/** POST .../packages/{packageId}/restore - hands out a yanked package again. */
import { presentPackage } from '../../api/present.ts';
import { restorePackage as restore } from '../../core/lifecycle/lifecycle.ts';
import { json } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { AdminServices } from '../host/services.ts';

export const restorePackage = operation('restorePackage', async (request, services: AdminServices) => {
  const record = await restore(services, request.path);
  request.audit('restorePackage', request.path);
  return json(200, { package: presentPackage(record) });
});
