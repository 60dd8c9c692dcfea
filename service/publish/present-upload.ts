/** Signed uploads as the API shows them. */
import { presentRequest } from '../../api/present.ts';
import type { SignedPartBody, UploadBody } from '../../api/schemas/answers.ts';
import type { SignedPart, SignedUpload } from '../../core/uploads/signed-upload.ts';

export function presentUpload(upload: SignedUpload): UploadBody {
  const expiresAt = upload.expiresAt.toISOString();
  if (upload.method === 'single') return { method: 'single', request: presentRequest(upload.request), expiresAt };
  const { method, partSize, partCount } = upload;
  return { method, partSize, partCount, parts: upload.parts.map(presentPart), expiresAt };
}

export function presentPart({ partNumber, size, request }: SignedPart): SignedPartBody {
  return { partNumber, size, request: presentRequest(request) };
}
