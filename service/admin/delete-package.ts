/** DELETE .../packages/{packageId} - removes the bytes of a package; its name stays taken. */
import { presentPackage } from '../../api/present.ts';
import { deletePackage as remove } from '../../core/lifecycle/lifecycle.ts';
import { json } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { AdminServices } from '../host/services.ts';

export const deletePackage = operation('deletePackage', async (request, services: AdminServices) => {
  const record = await remove(services, request.path);
  request.audit('deletePackage', request.path);
  return json(200, { package: presentPackage(record) });
});
