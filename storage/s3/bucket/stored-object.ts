/** What the store says about one object, in the terms of the port. Proofs rely on it. */
import type { IncomingHttpHeaders } from 'node:http';
import type { HeadObjectOutput } from '@aws-sdk/client-s3';
import { isServiceError } from '../../../core/errors.ts';
import type { PackageKey } from '../../../core/names.ts';
import type { BlobInfo, UploadTerms } from '../../../core/ports/blob-store.ts';
import { translating } from './errors.ts';
import type { S3Bucket } from './s3-bucket.ts';

const ATTEMPT = 'stowage-attempt';
const MARK = 'stowage-write';

/** The header that binds the attempt to a signed upload. */
export const ATTEMPT_HEADER = `x-amz-meta-${ATTEMPT}`;

export interface StoredObject {
  readonly info: BlobInfo;
  /** Which write of this process stored it; absent for signed uploads and foreign files. */
  readonly mark?: string;
  /** `null` if the object was written without versioning, and versioning is on or suspended now. */
  readonly versionId?: string;
}

/**
 * Undefined if nothing is stored. A missing bucket looks the same; `BucketPresence` in
 * probe-bucket.ts finds out which it is.
 */
export async function look(bucket: S3Bucket, key: PackageKey): Promise<StoredObject | undefined> {
  try {
    const input = { ...bucket.object(key), ChecksumMode: 'ENABLED' as const };
    return storedObject(
      key,
      await translating(`looking at ${key}`, () => bucket.client.request('HeadObject', input)),
    );
  } catch (error) {
    if (isServiceError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/**
 * What is stored with the bytes.
 * @param mark new for each write: it identifies a write whose response was lost
 */
export function objectFields(terms: Omit<UploadTerms, 'sha256'>, mark: string) {
  return {
    ContentType: terms.contentType,
    ContentDisposition: terms.contentDisposition,
    CacheControl: terms.cacheControl,
    Metadata: { [ATTEMPT]: terms.attemptId, [MARK]: mark },
  };
}

/** `objectFields` for a request that is sent without the SDK. */
export function objectHeaders(
  { contentType, contentDisposition, cacheControl, attemptId }: UploadTerms,
  mark: string,
  storageClass: string | undefined,
): Readonly<Record<string, string>> {
  return {
    'content-type': contentType,
    'content-disposition': contentDisposition,
    'cache-control': cacheControl,
    [ATTEMPT_HEADER]: attemptId,
    [`x-amz-meta-${MARK}`]: mark,
    ...(storageClass !== undefined && { 'x-amz-storage-class': storageClass }),
  };
}

const CHECKSUM_HEADER = 'x-amz-checksum-sha256';

/** @param sha256 64 lower-case hex digits */
export function checksumHeader(sha256: string): { readonly [CHECKSUM_HEADER]: string } {
  return { [CHECKSUM_HEADER]: Buffer.from(sha256, 'hex').toString('base64') };
}

/**
 * The stored object as described by the response to its write, without the time.
 * @param sent if it has a checksum and the store repeats it, the SHA-256 is proven
 */
export function storedAs(
  key: PackageKey,
  terms: UploadTerms,
  answer: IncomingHttpHeaders,
  sent: { readonly [CHECKSUM_HEADER]?: string },
): Omit<BlobInfo, 'lastModified'> {
  const { size, sha256, attemptId, contentType, contentDisposition, cacheControl } = terms;
  const { etag, 'x-amz-version-id': versionId } = answer;
  const isProven =
    sent[CHECKSUM_HEADER] !== undefined && answer[CHECKSUM_HEADER] === sent[CHECKSUM_HEADER];
  return {
    key,
    size,
    etag: etagOf(etag),
    ...(typeof versionId === 'string' && versionId !== 'null' && { objectVersion: versionId }),
    ...(isProven && { sha256 }),
    attemptId,
    storedHeaders: { contentType, contentDisposition, cacheControl },
  };
}

/** Some stores leave the ETag out of some responses; the port then wants an empty text. */
export function etagOf(etag: string | undefined): string {
  return etag ?? '';
}

function storedObject(key: PackageKey, head: HeadObjectOutput): StoredObject {
  const { Metadata: metadata = {}, VersionId: versionId } = head;
  const attemptId = metadata[ATTEMPT];
  const mark = metadata[MARK];
  const sha256 = fullSha256(head);
  return {
    info: {
      key,
      size: head.ContentLength ?? 0,
      etag: etagOf(head.ETag),
      lastModified: head.LastModified ?? new Date(0),
      // While versioning is suspended, a write replaces the `null` version, as without versions.
      ...(versionId !== undefined && versionId !== 'null' && { objectVersion: versionId }),
      ...(sha256 !== undefined && { sha256 }),
      ...(attemptId !== undefined && { attemptId }),
      storedHeaders: storedHeaders(head),
    },
    ...(mark !== undefined && { mark }),
    ...(versionId !== undefined && { versionId }),
  };
}

/**
 * Only a checksum of the whole object is proof. For a multipart upload, most stores report a hash
 * of the parts' hashes.
 */
function fullSha256({
  ChecksumSHA256: checksum,
  ChecksumType: type,
}: HeadObjectOutput): string | undefined {
  if (checksum === undefined || type !== 'FULL_OBJECT') return undefined;
  const bytes = Buffer.from(checksum, 'base64');
  return bytes.length === 32 ? bytes.toString('hex') : undefined;
}

function storedHeaders(head: HeadObjectOutput): NonNullable<BlobInfo['storedHeaders']> {
  const {
    ContentType,
    ContentDisposition,
    CacheControl,
    ContentEncoding,
    WebsiteRedirectLocation,
  } = head;
  return {
    ...(ContentType !== undefined && { contentType: ContentType }),
    ...(ContentDisposition !== undefined && { contentDisposition: ContentDisposition }),
    ...(CacheControl !== undefined && { cacheControl: CacheControl }),
    ...(ContentEncoding !== undefined &&
      ContentEncoding !== '' && { contentEncoding: ContentEncoding }),
    ...(WebsiteRedirectLocation !== undefined && { websiteRedirect: WebsiteRedirectLocation }),
  };
}
