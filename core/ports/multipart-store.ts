/** The second half of the `BlobStore` port: uploading one file in parts. */
import type { PackageKey } from '../names.ts';
import type { BlobInfo, SignedRequest, UploadTerms } from './blob-store.ts';

/**
 * Terms of an upload whose hash may be unknown until its last part was read. It is then passed to
 * `completeMultipart`.
 */
export interface MultipartTerms extends Omit<UploadTerms, 'sha256'> {
  readonly sha256?: string | undefined;
}

/** How a file is cut into parts: every part has `partSize` bytes, and the last has the rest. */
export interface PartPlan {
  readonly partSize: number;
  readonly partCount: number;
  /** Every part is signed with its SHA-256, and sent with it. */
  readonly partChecksums: boolean;
  /** `listParts` must report the SHA-256 of parts: only if `listsPartDigests` says that it can. */
  readonly partDigests?: true;
}

export interface MultipartUpload {
  readonly key: PackageKey;
  readonly uploadId: string;
}

export interface PartTerms {
  /** From 1. */
  readonly partNumber: number;
  /** Exact length in bytes. */
  readonly size: number;
  /** 64 lower-case hex digits; required if the plan says `partChecksums`, else forbidden. */
  readonly sha256?: string;
}

export interface PartInfo {
  readonly partNumber: number;
  readonly size: number;
  /** What the part was signed with; absent if parts declare none, or if the store lost it. */
  readonly sha256?: string;
}

/** Separates the store's own name of an upload from what its driver has added to it. */
export const UPLOAD_ID_MARK = '|';

/**
 * Whether two names mean one multipart upload. A store may list it by a shorter name than
 * `beginMultipart` returned: by the same text, or by its beginning up to the mark.
 * @param listed the `uploadId` of a leftover
 * @param uploadId the one of a record
 */
export function isSameUpload(listed: string, uploadId: string): boolean {
  return uploadId === listed || uploadId.startsWith(`${listed}${UPLOAD_ID_MARK}`);
}

export interface MultipartStore {
  /**
   * Whether `listParts` will report the SHA-256 of parts that declare theirs.
   * @param key of an upload that is about to begin
   */
  listsPartDigests(key: PackageKey): Promise<boolean>;
  /** Starts a multipart upload. Nothing is visible under the key until it is completed. */
  beginMultipart(key: PackageKey, terms: MultipartTerms, plan: PartPlan): Promise<MultipartUpload>;
  /**
   * The one request that may upload this part; it may be sent again until the upload is completed.
   * @throws NOT_FOUND for an unknown upload
   */
  signPart(
    upload: MultipartUpload,
    part: PartTerms,
    expiresInSeconds: number,
  ): Promise<SignedRequest>;
  /**
   * Stores a part whose bytes this process has; it may be sent again until the upload is completed.
   * The caller may use the memory again afterwards.
   * @throws NOT_FOUND for an unknown upload, INTEGRITY if the bytes do not match the terms,
   *   OUT_OF_SPACE
   */
  putPart(upload: MultipartUpload, part: PartTerms, bytes: Buffer): Promise<void>;
  /** The parts that have arrived whole, by number. @throws NOT_FOUND for an unknown upload */
  listParts(upload: MultipartUpload): Promise<readonly PartInfo[]>;
  /**
   * Stops all writers, joins the parts and stores the file under its key, never over something
   * else. May read every byte.
   * @param sha256 what the bytes must have, if the terms named none
   * @throws NOT_UPLOADED if a part is missing or has another length (the upload goes on), INTEGRITY
   *   if the store hashes the bytes and they do not match, ALREADY_EXISTS if something is stored
   *   under the key, NOT_FOUND for an unknown upload, NOT_SUPPORTED if the store will always refuse
   *   to join these parts, so that trying again does not help
   */
  completeMultipart(upload: MultipartUpload, sha256?: string): Promise<BlobInfo>;
  /** Removes the parts. Succeeds if the upload is unknown. */
  abortMultipart(upload: MultipartUpload): Promise<void>;
}
