/** The operations of publishers: take a name, sign uploads, complete them or give them up. */
import {
  presentLinkRecord,
  presentPackage,
  presentRequest,
  presentVersion,
} from '../api/present.ts';
import type { SignedPartBody, UploadBody, UploadStatus } from '../api/schemas/answers.ts';
import { putVersion } from '../core/lifecycle/versions.ts';
import {
  createPeopleLink,
  deletePeopleLink,
  listPeopleLinks,
} from '../core/reading/people-links.ts';
import { abortUpload } from '../core/uploads/abort-upload.ts';
import { checkNames } from '../core/uploads/check-names.ts';
import { completeUpload } from '../core/uploads/complete-upload.ts';
import { createUpload, type SignedUpload } from '../core/uploads/create-upload.ts';
import { getUpload, type SignedPart, signParts, type UploadState } from '../core/uploads/parts.ts';
import { withoutUndefined } from '../core/without-undefined.ts';
import { answerPage, json, noContent } from './answers/json.ts';
import { packageUrl } from './answers/package-urls.ts';
import { operation } from './chain/operation.ts';
import type { PublishServices } from './host/services.ts';

export const publishing = {
  /** POST /v1/versions/{versionId}/packages: reserves a name and signs the upload. */
  createPackage: operation('createPackage', async (request, services: PublishServices) => {
    const { caller, path, body: wanted } = request;
    const { os, arch, libc, bundle, ...rest } = wanted;
    const { record, upload, created } = await createUpload(services, caller, path.versionId, {
      ...rest,
      platform: { os, arch, libc, bundle },
    });
    const { versionId, packageId } = record;
    if (created) request.audit('createPackage', { versionId, packageId });
    const body = {
      package: presentPackage(record, services.publicUrl),
      ...(upload && { upload: presentUpload(upload) }),
    };
    return created
      ? json(201, body, { location: packageUrl(services.publicUrl, record) })
      : json(200, body);
  }),

  /** POST /v1/versions/{versionId}/names: says which files could be published. */
  checkNames: operation('checkNames', async (request, services: PublishServices) => {
    const names = await checkNames(services, request.path.versionId, request.body.names);
    return json(200, { names });
  }),

  /** PUT /v1/versions/{versionId}: makes a version, describes it, or releases a draft. */
  putVersion: operation('putVersion', async (request, services: PublishServices) => {
    const { path, body } = request;
    const record = await putVersion(services, path.versionId, body);
    request.audit('putVersion', path);
    return json(200, presentVersion(record));
  }),

  /** POST /v1/links: makes a link for people. */
  createLink: operation('createLink', async (request, services: PublishServices) => {
    const { record, secret } = await createPeopleLink(services, request.caller, request.body);
    const { linkId, expiresAt, versionId } = record;
    request.audit('createLink', { versionId, linkId });
    const url = `${services.publicUrl}/links/${linkId}?k=${secret}`;
    return json(201, { linkId, url, expiresAt });
  }),

  /** GET /v1/links: the links for people to versions that the caller may see. */
  listLinks: operation('listLinks', async ({ caller, query }, services: PublishServices) =>
    answerPage(
      services,
      `links ${caller.versions ?? '*'}`,
      query,
      (page) => listPeopleLinks(services, caller, page),
      presentLinkRecord,
    ),
  ),

  /** DELETE /v1/links/{linkId}: ends a link for people. */
  deleteLink: operation('deleteLink', async (request, services: PublishServices) => {
    await deletePeopleLink(services, request.caller, request.path.linkId);
    request.audit('deleteLink', request.path);
    return noContent();
  }),

  /** POST .../packages/{packageId}/parts: signs the requests of parts, or renews them. */
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
    const { sha256, partsSha256 } = request.body;
    const digest =
      sha256 === undefined || partsSha256 === undefined ? undefined : { sha256, partsSha256 };
    const record = await completeUpload(services, request.path, digest);
    request.audit('completeUpload', { ...request.path, state: record.state });
    return json(record.state === 'verifying' ? 202 : 200, {
      package: presentPackage(record, services.publicUrl),
    });
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
  const arrived = parts.map(({ partNumber, size, sha256 }) => ({
    ...{ partNumber, size },
    ...withoutUndefined({ sha256 }),
  }));
  return { ...common, method: 'multipart', partSize, partCount, parts: arrived };
}
