/** GET .../packages/{packageId}/upload - says what of an upload has arrived. */
import type { UploadStatus } from '../../api/schemas/answers.ts';
import { getUpload as find, type UploadState } from '../../core/uploads/parts.ts';
import { json } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { PublishServices } from '../host/services.ts';

export const getUpload = operation('getUpload', async (request, services: PublishServices) => {
  const upload = await find(services, request.path);
  return json(200, statusOf(upload));
});

function statusOf({ record, parts = [], expiresAt }: UploadState): UploadStatus {
  const { state, plan } = record;
  const common = { state, expiresAt: expiresAt.toISOString() };
  if (plan.method === 'single') return { ...common, method: 'single' };
  const arrived = parts.map(({ partNumber, size }) => ({ partNumber, size }));
  return { ...common, method: 'multipart', partSize: plan.partSize, partCount: plan.partCount, parts: arrived };
}
