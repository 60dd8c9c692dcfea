/** PUT /v1/channels/{channel} - points a channel at a version. */
import { presentChannel } from '../../api/present.ts';
import { putChannel as put } from '../../core/reading/channels.ts';
import { json } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { AdminServices } from '../host/services.ts';

export const putChannel = operation('putChannel', async (request, services: AdminServices) => {
  const { versionId, expectedVersionId } = request.body;
  const record = await put(services, request.caller, request.path.channel, versionId, expectedVersionId);
  request.audit('putChannel', { channel: record.channel, versionId });
  return json(200, presentChannel(record));
});
