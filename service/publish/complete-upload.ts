/** POST .../packages/{packageId}/complete - proves the bytes and publishes the package, or has them verified. */
import { presentPackage } from '../../api/present.ts';
import { completeUpload as complete } from '../../core/uploads/complete-upload.ts';
import { json } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { PublishServices } from '../host/services.ts';

export const completeUpload = operation('completeUpload', async (request, services: PublishServices) => {
  const record = await complete(services, request.path);
  request.audit('completeUpload', { ...request.path, state: record.state });
  return json(record.state === 'verifying' ? 202 : 200, { package: presentPackage(record) });
});
