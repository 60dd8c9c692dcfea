/** Turns the terms of uploads, parts and downloads into the S3 headers and parameters to sign. */
import type { PackageKey } from '../../../core/names.ts';
import type { DownloadTerms, SignedRequest, UploadTerms } from '../../../core/ports/blob-store.ts';
import type { PartTerms } from '../../../core/ports/multipart-store.ts';
import type { S3Integrity } from '../bucket/s3-settings.ts';
import { ATTEMPT_HEADER } from '../bucket/stored-object.ts';
import type { PartProof, PlannedUpload } from '../bucket/upload-id.ts';
import type { RequestSigner } from './request-signer.ts';

export function signUpload(
  signer: RequestSigner,
  integrity: S3Integrity,
  key: PackageKey,
  terms: UploadTerms,
  expiresInSeconds: number,
): Promise<SignedRequest> {
  const headers = {
    'content-length': String(terms.size),
    'content-type': terms.contentType,
    'content-disposition': terms.contentDisposition,
    'cache-control': terms.cacheControl,
    'if-none-match': '*',
    [ATTEMPT_HEADER]: terms.attemptId,
  };
  return signBound(
    signer,
    integrity,
    { key, query: { 'x-id': 'PutObject' }, headers },
    terms.sha256,
    expiresInSeconds,
  );
}

/** If the plan has no checksums, the URL binds only the length, which every store supports. */
export function signPart(
  signer: RequestSigner,
  key: PackageKey,
  { storeId, proof }: PlannedUpload,
  { partNumber, size, sha256 }: PartTerms,
  expiresInSeconds: number,
): Promise<SignedRequest> {
  const query = { partNumber: String(partNumber), uploadId: storeId, 'x-id': 'UploadPart' };
  const request = { key, query, headers: { 'content-length': String(size) } };
  if (proof === 'none' || sha256 === undefined) {
    return signer.inUrl({ method: 'PUT', ...request }, expiresInSeconds);
  }
  return signBound(signer, proof, request, sha256, expiresInSeconds);
}

/** Signs only host and parameters, so that a consumer may add headers of its own, such as Range. */
export function signDownload(
  signer: RequestSigner,
  key: PackageKey,
  terms: DownloadTerms,
  expiresInSeconds: number,
): Promise<SignedRequest> {
  const method = terms.method ?? 'GET';
  const query = {
    'response-content-disposition': terms.contentDisposition,
    'response-content-type': terms.contentType,
    ...(method === 'GET' && { 'x-id': 'GetObject' }),
  };
  return signer.inUrl({ method, key, query, headers: {} }, expiresInSeconds);
}

interface Bindable {
  readonly key: PackageKey;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Binds the SHA-256 of the body: by a checksum header, where the store supports those, or by a
 * header signature over the hash, which every store with Signature Version 4 compares with the
 * body.
 */
function signBound(
  signer: RequestSigner,
  proof: Exclude<PartProof, 'none'>,
  { key, query, headers }: Bindable,
  sha256: string,
  expiresInSeconds: number,
): Promise<SignedRequest> {
  if (proof === 'payload') return signer.inHeaders({ method: 'PUT', key, query, headers }, sha256);
  const checksum = { 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') };
  const request = { method: 'PUT', key, query, headers: { ...headers, ...checksum } } as const;
  return proof === 'both'
    ? signer.inHeaders(request, sha256)
    : signer.inUrl(request, expiresInSeconds);
}
