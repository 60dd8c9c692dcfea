/** POST /v1/versions/{versionId}/packages - takes a package's name and hands out the requests that upload it. */
import { presentPackage } from '../../api/present.ts';
import { isServiceError, ServiceError } from '../../core/errors.ts';
import { createUpload } from '../../core/uploads/create-upload.ts';
import { json } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import { packageUrl } from '../package-urls.ts';
import { presentUpload } from './present-upload.ts';

export const createPackage = operation('createPackage', async (request, services) => {
  const { caller, path, body: wanted } = request;
  const { record, upload, created } = await createUpload(services, caller, path.versionId, wanted).catch(asLost);
  const { versionId, packageId } = record;
  if (created) request.audit('createPackage', { versionId, packageId });
  const body = { package: presentPackage(record), ...(upload === undefined ? {} : { upload: presentUpload(upload) }) };
  return created ? json(201, body, { location: packageUrl(services.publicUrl, record) }) : json(200, body);
});

/** Nothing is asked for here that could be missing, but the parts of an upload that is renewed: what a store has dropped by now. */
function asLost(error: unknown): never {
  if (!isServiceError(error, 'NOT_FOUND')) throw error;
  throw new ServiceError(
    'NOT_UPLOADED',
    'the store has dropped the parts of this upload; abort it and create the package again',
    { cause: error },
  );
}
