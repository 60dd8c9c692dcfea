/**
 * Signs terms into the URLs of the gateway, and reads them back: both sides of each term together.
 */
import { addSeconds } from '../core/clock.ts';
import { ServiceError } from '../core/errors.ts';
import type { PackageKey } from '../core/names.ts';
import type { DownloadTerms, SignedRequest, UploadTerms } from '../core/ports/blob-store.ts';
import type { MultipartUpload, PartTerms } from '../core/ports/multipart-store.ts';
import type { SignedMethod, SignedParams, UrlSigner, VerifiedUrl } from './url-signer.ts';

type Headers = Readonly<Record<string, string>>;

/** What a verified request may do. It must have come with exactly these `headers`. */
export type SignedUse =
  | {
      readonly kind: 'upload';
      readonly key: PackageKey;
      readonly terms: UploadTerms;
      readonly headers: Headers;
    }
  | {
      readonly kind: 'part';
      readonly upload: MultipartUpload;
      readonly part: PartTerms;
      readonly headers: Headers;
    }
  | {
      readonly kind: 'download';
      readonly key: PackageKey;
      readonly terms: DownloadTerms;
      readonly headers: Headers;
    };

/** How to sign: for one store, at one moment. */
export interface Signing {
  readonly signer: UrlSigner;
  readonly now: Date;
  readonly expiresInSeconds: number;
}

export function signUpload(signing: Signing, key: PackageKey, terms: UploadTerms): SignedRequest {
  return signRequest(signing, 'PUT', key, uploadParams(terms), uploadHeaders(terms));
}

export function signPart(
  signing: Signing,
  upload: MultipartUpload,
  part: PartTerms,
): SignedRequest {
  return signRequest(signing, 'PUT', upload.key, partParams(upload, part), partHeaders(part));
}

export function signDownload(
  signing: Signing,
  key: PackageKey,
  terms: DownloadTerms,
): SignedRequest {
  const params = { type: terms.contentType, disposition: terms.contentDisposition };
  const bound = terms.etag === undefined ? params : { ...params, etag: terms.etag };
  return signRequest(signing, terms.method ?? 'GET', key, bound, {});
}

/** What a verified URL allows its holder to do. */
export function readUse(method: string, { key, params }: VerifiedUrl): SignedUse {
  if (method !== 'PUT')
    return { kind: 'download', key, terms: parseDownload(method, params), headers: {} };
  if (params['upload'] === undefined) {
    const terms = parseUpload(params);
    return { kind: 'upload', key, terms, headers: uploadHeaders(terms) };
  }
  const { uploadId, part } = parsePart(params);
  return { kind: 'part', upload: { key, uploadId }, part, headers: partHeaders(part) };
}

/**
 * Compares the headers of a request, including the length, with its signed terms.
 * @throws FORBIDDEN if one is missing or differs
 */
export function requireSignedHeaders(
  use: SignedUse,
  got: { readonly [name: string]: string | readonly string[] | undefined },
): void {
  for (const [name, value] of Object.entries({ ...use.headers, ...signedLength(use) })) {
    if (got[name] !== value) {
      throw new ServiceError(
        'FORBIDDEN',
        `header ${name} must be ${JSON.stringify(value)} as signed, got ${JSON.stringify(got[name] ?? null)}`,
      );
    }
  }
}

function signedLength(use: SignedUse): Headers {
  if (use.kind === 'download') return {};
  return { 'content-length': String(use.kind === 'upload' ? use.terms.size : use.part.size) };
}

function signRequest(
  { signer, now, expiresInSeconds }: Signing,
  method: SignedMethod,
  key: PackageKey,
  params: SignedParams,
  headers: Headers,
): SignedRequest {
  const expiresAt = new Date(Math.floor(addSeconds(now, expiresInSeconds).getTime() / 1000) * 1000);
  return { method, url: signer.sign(method, key, params, expiresAt), headers, expiresAt };
}

function uploadParams(terms: UploadTerms): SignedParams {
  return {
    size: String(terms.size),
    sha256: terms.sha256,
    type: terms.contentType,
    disposition: terms.contentDisposition,
    cache: terms.cacheControl,
    attempt: terms.attemptId,
  };
}

function parseUpload(params: SignedParams): UploadTerms {
  return {
    size: number(params, 'size'),
    sha256: text(params, 'sha256'),
    contentType: text(params, 'type'),
    contentDisposition: text(params, 'disposition'),
    cacheControl: text(params, 'cache'),
    attemptId: text(params, 'attempt'),
  };
}

function uploadHeaders(terms: UploadTerms): Headers {
  return {
    'content-type': terms.contentType,
    'content-disposition': terms.contentDisposition,
    'cache-control': terms.cacheControl,
    'content-digest': contentDigest(terms.sha256),
    'if-none-match': '*',
  };
}

function partParams({ uploadId }: MultipartUpload, part: PartTerms): SignedParams {
  const params = { upload: uploadId, part: String(part.partNumber), size: String(part.size) };
  return part.sha256 === undefined ? params : { ...params, sha256: part.sha256 };
}

function parsePart(params: SignedParams): {
  readonly uploadId: string;
  readonly part: PartTerms;
} {
  const { sha256 } = params;
  const part = { partNumber: number(params, 'part'), size: number(params, 'size') };
  return {
    uploadId: text(params, 'upload'),
    part: sha256 === undefined ? part : { ...part, sha256 },
  };
}

function partHeaders(part: PartTerms): Headers {
  return part.sha256 === undefined ? {} : { 'content-digest': contentDigest(part.sha256) };
}

function parseDownload(method: string, params: SignedParams): DownloadTerms {
  const { etag } = params;
  return {
    contentType: text(params, 'type'),
    contentDisposition: text(params, 'disposition'),
    // An older release, which signed no ETag, may have issued this URL.
    ...(etag === undefined ? {} : { etag }),
    method: method === 'HEAD' ? 'HEAD' : 'GET',
  };
}

/** RFC 9530 section 2: the digest as a byte sequence in a dictionary. */
function contentDigest(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`;
}

function text(params: SignedParams, name: string): string {
  const value = params[name];
  if (value === undefined)
    throw new ServiceError('FORBIDDEN', `this URL lacks ${name}: it was signed by another release`);
  return value;
}

function number(params: SignedParams, name: string): number {
  return Number(text(params, name));
}
