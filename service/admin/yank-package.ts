/** POST .../packages/{packageId}/yank - stops handing out a package. */
import { presentPackage } from '../../api/present.ts';
import { yankPackage as yank } from '../../core/lifecycle/lifecycle.ts';
import { json } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { AdminServices } from '../host/services.ts';

export const yankPackage = operation('yankPackage', async (request, services: AdminServices) => {
  const record = await yank(services, request.caller, request.path, request.body.reason);
  request.audit('yankPackage', request.path);
  return json(200, { package: presentPackage(record) });
});
