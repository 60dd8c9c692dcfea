/**
 * What was declared, as the terms that the requests of an upload bind, and the proof that the
 * stored bytes are just that: by the store's own evidence, or by reading them back.
 */
import { createHash } from 'node:crypto';
import { create as contentDisposition } from 'content-disposition';
import { isServiceError } from '../errors.ts';
import type { PackageKey } from '../names.ts';
import { type BlobInfo, type BlobStore, eachPiece, type UploadTerms } from '../ports/blob-store.ts';
import type { MultipartTerms } from '../ports/multipart-store.ts';
import { type BlobVersion, digestOf, type PackageRecord } from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';

/**
 * A package never changes after it was published, and a link is private to the consumer that got
 * it.
 */
const CACHE_CONTROL = 'private, max-age=31536000, immutable';

/** `attachment` with the filename in both forms of RFC 6266 and RFC 8187, as downloads send it. */
export function dispositionOf(record: Pick<PackageRecord, 'filename'>): string {
  return contentDisposition(record.filename);
}

/** What the terms of an upload are made of. */
type Declared = Pick<PackageRecord, 'size' | 'sha256' | 'contentType' | 'filename' | 'attemptId'>;

/**
 * The terms that the requests of a record's upload bind. Derived from the record alone, so that
 * signing again gives the same terms.
 */
export function termsOf(record: Declared): UploadTerms {
  return { ...multipartTermsOf(record), sha256: digestOf(record) };
}

/** The terms of an upload in parts, whose SHA-256 may be given later. */
export function multipartTermsOf(record: Declared): MultipartTerms {
  return {
    size: record.size,
    ...withoutUndefined({ sha256: record.sha256 }),
    contentType: record.contentType,
    contentDisposition: dispositionOf(record),
    cacheControl: CACHE_CONTROL,
    attemptId: record.attemptId,
  };
}

/**
 * - `missing`: nothing is stored.
 * - `proven`: exactly these bytes are what was declared.
 * - `unproven`: nothing contradicts it, but the store gives no evidence.
 * - `refuted`: something else is stored; `blob.attemptId` says which attempt sent it, if one did.
 */
export type Proof =
  | { readonly outcome: 'missing' }
  | { readonly outcome: 'proven' | 'unproven'; readonly blob: BlobInfo }
  | { readonly outcome: 'refuted'; readonly blob: BlobInfo; readonly reason: string };

/** Proof without reading bytes. */
export async function proveByEvidence(store: BlobStore, record: PackageRecord): Promise<Proof> {
  const blob = await store.stat(record.key);
  if (blob === undefined) return { outcome: 'missing' };
  const reason = contradiction(record, blob);
  if (reason !== undefined) return { outcome: 'refuted', blob, reason };
  return { outcome: blob.sha256 === undefined ? 'unproven' : 'proven', blob };
}

/**
 * Proves it in any case: if the store gives no evidence, reads every byte back, pinned to one
 * version of the object.
 */
export async function prove(store: BlobStore, record: PackageRecord): Promise<Proof> {
  const proof = await proveByEvidence(store, record);
  if (proof.outcome !== 'unproven') return proof;
  const { blob } = proof;
  const sha256 = await readBack(store, record.key, blob);
  if (sha256 === undefined) return prove(store, record);
  const declared = digestOf(record);
  if (sha256 === declared) return { outcome: 'proven', blob };
  return { outcome: 'refuted', blob, reason: `sha256 declared ${declared}, stored ${sha256}` };
}

/** SHA-256 of the stored bytes in hex; undefined if they were replaced or removed meanwhile. */
export async function readBack(
  store: BlobStore,
  key: PackageKey,
  version: BlobVersion,
): Promise<string | undefined> {
  try {
    const hash = createHash('sha256');
    await eachPiece(await store.get(key, { version }), (piece) => hash.update(piece));
    const after = await store.stat(key);
    return after?.etag === version.etag ? hash.digest('hex') : undefined;
  } catch (error) {
    if (isServiceError(error, 'CONFLICT', 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** In words, what contradicts the declaration; undefined if nothing does. */
function contradiction(record: PackageRecord, blob: BlobInfo): string | undefined {
  // Refuted even if the bytes are right: the cleanup of the other attempt may remove them.
  if (blob.attemptId !== undefined && blob.attemptId !== record.attemptId)
    return 'another attempt sent the bytes';
  if (blob.size !== record.size) return `size declared ${record.size}, stored ${blob.size}`;
  const declaredDigest = digestOf(record);
  if (blob.sha256 !== undefined && blob.sha256 !== declaredDigest) {
    return `sha256 declared ${declaredDigest}, stored ${blob.sha256}`;
  }
  const stored = blob.storedHeaders;
  if (stored === undefined) return undefined;
  const terms = multipartTermsOf(record);
  const declared: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ['content type', stored.contentType, terms.contentType],
    ['content disposition', stored.contentDisposition, terms.contentDisposition],
    ['cache control', stored.cacheControl, terms.cacheControl],
    ['content encoding', stored.contentEncoding, undefined],
    ['redirect', stored.websiteRedirect, undefined],
  ];
  const wrong = declared.find(([, got, want]) => got !== want);
  return wrong && `${wrong[0]} declared ${wrong[2] ?? 'none'}, stored ${wrong[1] ?? 'none'}`;
}
