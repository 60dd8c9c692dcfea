/** DELETE /v1/channels/{channel} - removes a channel; the version that it points at stays. */
import { deleteChannel as remove } from '../../core/reading/channels.ts';
import { noContent } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { AdminServices } from '../host/services.ts';

export const deleteChannel = operation('deleteChannel', async (request, services: AdminServices) => {
  await remove(services, request.caller, request.path.channel);
  request.audit('deleteChannel', request.path);
  return noContent();
});
