/** POST /v1/versions/{versionId}/packages - takes a package's name and hands out the requests that upload it. */
import { presentPackage } from '../../api/present.ts';
import { createUpload } from '../../core/uploads/create-upload.ts';
import { json } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { PublishServices } from '../host/services.ts';
import { packageUrl } from '../package-urls.ts';
import { presentUpload } from './present-upload.ts';

export const createPackage = operation('createPackage', async (request, services: PublishServices) => {
  const { caller, path, body: wanted } = request;
  const { record, upload, created } = await createUpload(services, caller, path.versionId, wanted);
  const { versionId, packageId } = record;
  if (created) request.audit('createPackage', { versionId, packageId });
  const body = { package: presentPackage(record), ...(upload === undefined ? {} : { upload: presentUpload(upload) }) };
  return created ? json(201, body, { location: packageUrl(services.publicUrl, record) }) : json(200, body);
});
