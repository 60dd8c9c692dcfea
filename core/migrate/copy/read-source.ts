/** Reads the source of a copy, and tells a source that is broken, written or unreadable from a fault of the target. */

import { isServiceError, type ServiceError } from '../../errors.ts';
import type { BlobInfo, UploadTerms } from '../../ports/blob-store.ts';
import { versionOf } from '../../records.ts';
import { bytesOf, type Copy, type CopyDeps } from './copy.ts';

/** The source gives no bytes: nothing that the target has to do with. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  readonly reason: ServiceError;

  constructor(reason: ServiceError) {
    super(reason.message, { cause: reason });
    this.reason = reason;
  }
}

/** Work that only reads the source: what it fails by is told from what the target says. */
export async function reading<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isServiceError(error) || isServiceError(error, 'CONFLICT', 'NOT_FOUND')) throw error;
    throw new Unreadable(error);
  }
}

/** @returns what there was, which is less than `buffer` has room for where the source is shorter than it was */
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

/** Whether what was read of the source is what is wanted; a source that is being written is told from one that is broken. */
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
