/**
 * Reads the source of a copy, and keeps apart a damaged, a changed and an unreadable source, and
 * faults of the target.
 */

import { isServiceError, type ServiceError } from '../../errors.ts';
import type { BlobInfo, UploadTerms } from '../../ports/blob-store.ts';
import { versionOf } from '../../records.ts';
import { bytesOf, type Copy, type CopyDeps } from './copy.ts';

/** The source does not return the bytes. The target has nothing to do with it. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  readonly reason: ServiceError;

  constructor(reason: ServiceError) {
    super(reason.message, { cause: reason });
    this.reason = reason;
  }
}

/**
 * Runs work that only reads the source, so that its errors are not taken for those of the target.
 */
export async function readSource<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isServiceError(error) || isServiceError(error, 'CONFLICT', 'NOT_FOUND')) throw error;
    throw new Unreadable(error);
  }
}

/** @returns the bytes that were read: fewer than `buffer` holds if the source has become shorter */
export async function readInto(
  { from, signal }: Pick<CopyDeps, 'from' | 'signal'>,
  source: BlobInfo,
  start: number,
  buffer: Buffer,
  onPiece: (piece: Buffer) => void,
): Promise<Buffer> {
  const version = versionOf(source);
  const filled = await from.store.readInto(source.key, buffer, { start, version }, (piece) => {
    signal?.throwIfAborted();
    onPiece(piece);
  });
  return buffer.subarray(0, filled);
}

/**
 * Undefined if the bytes that were read are the wanted ones; else the result of the copy. A source
 * that was changed meanwhile is `changed`, a damaged one `corrupt`.
 */
export async function mismatch(
  { from, journal }: Pick<CopyDeps, 'from' | 'journal'>,
  source: BlobInfo,
  terms: UploadTerms,
  size: number,
  sha256: string,
): Promise<Copy | undefined> {
  const isAsRead = size === source.size;
  if (isAsRead) journal.noteSha256(bytesOf(from, source), sha256);
  if (size === terms.size && sha256 === terms.sha256) return undefined;
  const now = await from.store.stat(source.key);
  if (
    !isAsRead ||
    now === undefined ||
    bytesOf(from, now).fingerprint !== bytesOf(from, source).fingerprint
  ) {
    return {
      outcome: 'changed',
      detail: 'the source was written or removed while it was read',
      sentBytes: 0,
    };
  }
  const detail = `the source holds ${size} bytes of sha256 ${sha256}, and ${terms.size} of ${terms.sha256} were expected`;
  return { outcome: 'corrupt', detail, sentBytes: 0 };
}
