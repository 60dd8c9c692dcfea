/** The operations of publishers: create a package, sign its upload, complete it or give it up. */
import { presentPackage, presentRequest } from '../api/present.ts';
import type { SignedPartBody, UploadBody, UploadStatus } from '../api/schemas/answers.ts';
import { abortUpload } from '../core/uploads/abort-upload.ts';
import { completeUpload } from '../core/uploads/complete-upload.ts';
import { createUpload } from '../core/uploads/create-upload.ts';
import { getUpload, signParts, type UploadState } from '../core/uploads/parts.ts';
import type { SignedPart, SignedUpload } from '../core/uploads/signed-upload.ts';
import { withoutUndefined } from '../core/without-undefined.ts';
import { json, noContent } from './answers/json.ts';
import { operation } from './chain/operation.ts';
import type { PublishServices } from './host/services.ts';
import { packageUrl } from './package-urls.ts';

export const publishing = {
  /** POST /v1/versions/{versionId}/packages: reserves a name and signs the upload. */
  createPackage: operation('createPackage', async (request, services: PublishServices) => {
    const { caller, path, body: wanted } = request;
    const { record, upload, created } = await createUpload(
      services,
      caller,
      path.versionId,
      wanted,
    );
    const { versionId, packageId } = record;
    if (created) request.audit('createPackage', { versionId, packageId });
    const body = {
      package: presentPackage(record),
      ...withoutUndefined({ upload: upload && presentUpload(upload) }),
    };
    return created
      ? json(201, body, { location: packageUrl(services.publicUrl, record) })
      : json(200, body);
  }),

  /** POST .../packages/{packageId}/parts: signs the requests of parts, or signs them again. */
  signParts: operation('signParts', async (request, services: PublishServices) => {
    const { partNumbers, sha256s } = request.body;
    const parts = await signParts(services, request.path, partNumbers, sha256s);
    return json(200, { parts: parts.map(presentPart) });
  }),

  /** GET .../packages/{packageId}/upload: says which parts of an upload have arrived. */
  getUpload: operation('getUpload', async (request, services: PublishServices) =>
    json(200, presentStatus(await getUpload(services, request.path))),
  ),

  /** POST .../packages/{packageId}/complete: publishes proven bytes, or queues their verification. */
  completeUpload: operation('completeUpload', async (request, services: PublishServices) => {
    const record = await completeUpload(services, request.path);
    request.audit('completeUpload', { ...request.path, state: record.state });
    return json(record.state === 'verifying' ? 202 : 200, { package: presentPackage(record) });
  }),

  /** DELETE .../packages/{packageId}/upload: gives an upload up and frees its name. */
  abortUpload: operation('abortUpload', async (request, services: PublishServices) => {
    await abortUpload(services, request.path);
    request.audit('abortUpload', request.path);
    return noContent();
  }),
};

function presentUpload(upload: SignedUpload): UploadBody {
  const expiresAt = upload.expiresAt.toISOString();
  if (upload.method === 'single') {
    return { method: 'single', request: presentRequest(upload.request), expiresAt };
  }
  const { method, partSize, partCount } = upload;
  return { method, partSize, partCount, parts: upload.parts.map(presentPart), expiresAt };
}

function presentPart({ partNumber, size, request }: SignedPart): SignedPartBody {
  return { partNumber, size, request: presentRequest(request) };
}

function presentStatus({ record, parts = [], expiresAt }: UploadState): UploadStatus {
  const { state, plan } = record;
  const common = { state, expiresAt: expiresAt.toISOString() };
  if (plan.method === 'single') return { ...common, method: 'single' };
  const { partSize, partCount } = plan;
  const arrived = parts.map(({ partNumber, size }) => ({ partNumber, size }));
  return { ...common, method: 'multipart', partSize, partCount, parts: arrived };
}
