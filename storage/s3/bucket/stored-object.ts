/** What the store tells about one object, in the port's words: the look that proof relies on. */
import type { IncomingHttpHeaders } from 'node:http';
import { HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { isServiceError } from '../../../core/errors.ts';
import type { PackageKey } from '../../../core/names.ts';
import type { BlobInfo, UploadTerms } from '../../../core/ports/blob-store.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { translating } from './s3-errors.ts';

const ATTEMPT = 'stowage-attempt';
const MARK = 'stowage-write';

/** The header that binds the attempt to a signed upload. */
export const ATTEMPT_HEADER = `x-amz-meta-${ATTEMPT}`;

export interface StoredObject {
  readonly info: BlobInfo;
  /** Which write of ours stored it; absent for a signed upload and for what is not ours. */
  readonly mark?: string;
  /** As the store says it: `null` where versioning was off when the object was written, but is on or suspended now. */
  readonly versionId?: string;
}

/**
 * Undefined where nothing is stored.
 * A bucket that is gone looks like that, too: probe-bucket.ts tells the two apart.
 */
export async function look(bucket: S3Bucket, key: PackageKey): Promise<StoredObject | undefined> {
  try {
    const command = new HeadObjectCommand({ ...bucket.object(key), ChecksumMode: 'ENABLED' });
    return storedObject(
      key,
      await translating(`looking at ${key}`, () => bucket.client.send(command)),
    );
  } catch (error) {
    if (isServiceError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** What is stored with the bytes of `terms`; `mark` is new for each write, so that one whose answer was lost is known as ours. */
export function objectFields(terms: Omit<UploadTerms, 'sha256'>, mark: string) {
  return {
    ContentType: terms.contentType,
    ContentDisposition: terms.contentDisposition,
    CacheControl: terms.cacheControl,
    Metadata: { [ATTEMPT]: terms.attemptId, [MARK]: mark },
  };
}

/** The same for a request that is sent without the SDK. */
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
 * What the answer to a write tells of the object that it has stored, but for its time.
 * @param sent with a checksum that the store repeats, it has proven it
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

/** An ETag as the port wants it. Absent (some stores leave it out of some answers) it is empty. */
export function etagOf(etag: string | undefined): string {
  return etag ?? '';
}

function storedObject(key: PackageKey, head: HeadObjectCommandOutput): StoredObject {
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
      // The `null` version of a bucket whose versioning was suspended is overwritten like any unversioned object.
      ...(versionId !== undefined && versionId !== 'null' && { objectVersion: versionId }),
      ...(sha256 !== undefined && { sha256 }),
      ...(attemptId !== undefined && { attemptId }),
      storedHeaders: storedHeaders(head),
    },
    ...(mark !== undefined && { mark }),
    ...(versionId !== undefined && { versionId }),
  };
}

/** Only a checksum of the whole object is proof: of a multipart upload most stores tell a hash of hashes. */
function fullSha256({
  ChecksumSHA256: checksum,
  ChecksumType: type,
}: HeadObjectCommandOutput): string | undefined {
  if (checksum === undefined || type !== 'FULL_OBJECT') return undefined;
  const bytes = Buffer.from(checksum, 'base64');
  return bytes.length === 32 ? bytes.toString('hex') : undefined;
}

function storedHeaders(head: HeadObjectCommandOutput): NonNullable<BlobInfo['storedHeaders']> {
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
