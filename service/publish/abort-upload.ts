/** DELETE .../packages/{packageId}/upload - gives an upload up and frees its name. */
import { abortUpload as abort } from '../../core/uploads/abort-upload.ts';
import { noContent } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { PublishServices } from '../host/services.ts';

export const abortUpload = operation('abortUpload', async (request, services: PublishServices) => {
  await abort(services, request.path);
  request.audit('abortUpload', request.path);
  return noContent();
});
