/** Copies one file from store to store under proof: read and hashed here, enforced by the target as it takes the bytes. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type ErrorCode, isServiceError, type ServiceError } from '../../errors.ts';
import type { BlobInfo, MultipartTerms, UploadTerms } from '../../ports/blob-store.ts';
import type { Journal } from '../../ports/journal.ts';
import { removeVersion, statOfOurs } from '../../uploads/cleanup.ts';
import { readBack } from '../../uploads/proof.ts';
import { MIB } from '../../uploads/terms.ts';
import type { OutcomeName } from '../outcome.ts';
import { bytesOf, type Side, versionOf } from '../side.ts';
import type { Buffers } from './buffers.ts';
import { copyInParts, dropParts } from './copy-in-parts.ts';

export interface CopyDeps {
  readonly from: Side;
  readonly to: Side;
  readonly journal: Journal;
  /** For the bytes on their way. */
  readonly buffers: Buffers;
  /** Read every byte back from the target, also those that it took under proof. */
  readonly verifyFull: boolean;
  /** Told of bytes that the target has taken. */
  readonly sent?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is to lie in the target afterwards. */
export interface Wanted {
  readonly source: BlobInfo;
  /** Without `sha256`: whatever the source holds. */
  readonly terms: MultipartTerms;
}

export type Copy =
  | {
      readonly outcome: 'copied' | 'there';
      readonly blob: BlobInfo;
      readonly terms: UploadTerms;
      readonly sentBytes: number;
    }
  | {
      readonly outcome: Extract<OutcomeName, 'corrupt' | 'occupied' | 'changed' | 'unreadable'>;
      readonly detail: string;
      readonly sentBytes: number;
      readonly code?: ErrorCode;
    };

/** As `Wanted`, when it is known what the source holds. */
export interface WantedBytes extends Wanted {
  readonly terms: UploadTerms;
}

/** Up to here a file is read whole, and looked at before it is sent. */
export const WHOLE_UP_TO_BYTES = 16 * MIB;

/**
 * Repeatable: what the target has already is not sent again.
 * @param standing what the target holds under the key, if anything
 * @throws whatever the target throws that is no answer about these bytes (UNAVAILABLE, OUT_OF_SPACE, FORBIDDEN)
 */
export async function copyBlob(deps: CopyDeps, wanted: Wanted, standing: BlobInfo | undefined): Promise<Copy> {
  try {
    const { terms, source } = wanted;
    if (standing === undefined) {
      return source.size <= WHOLE_UP_TO_BYTES ? await copyWhole(deps, wanted) : await copyInParts(deps, wanted);
    }
    const sha256 = terms.sha256 ?? (await reading(() => sha256Of({ ...deps, verifyFull: false }, deps.from, source)));
    if (sha256 === undefined) return changed();
    return await copyOver(deps, { source, terms: { ...terms, sha256 } }, standing);
  } catch (error) {
    return asCopy(deps, wanted, error);
  }
}

async function copyOver(deps: CopyDeps, wanted: WantedBytes, standing: BlobInfo): Promise<Copy> {
  const wrong = await contradiction(deps, wanted, standing);
  if (wrong === undefined) {
    if (standing.size > WHOLE_UP_TO_BYTES) await dropParts(deps, standing.key);
    return { outcome: 'there', blob: standing, terms: wanted.terms, sentBytes: 0 };
  }
  if (standing.attemptId !== wanted.terms.attemptId) return { outcome: 'occupied', detail: wrong, sentBytes: 0 };
  // Ours, and wrong: nobody is handed these bytes, since no record names them.
  await removeVersion(deps.to.store, standing.key, standing);
  return copyBlob(deps, wanted, undefined);
}

/** What one of the stores threw, where that is an answer about these bytes. */
async function asCopy(deps: CopyDeps, wanted: Wanted, error: unknown): Promise<Copy> {
  if (isServiceError(error, 'ALREADY_EXISTS')) return overtaken(deps, wanted, error.message);
  if (isServiceError(error, 'CONFLICT', 'NOT_FOUND')) return changed(error.message);
  if (!(error instanceof Unreadable)) throw error;
  const { code, message } = error.reason;
  return { outcome: 'unreadable', detail: message, sentBytes: 0, code };
}

function changed(why = 'while it was read'): Copy {
  return { outcome: 'changed', detail: `the source was written or removed meanwhile: ${why}`, sentBytes: 0 };
}

/** The source gives no bytes: nothing that the target has to do with. */
class Unreadable extends Error {
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

/** Somebody else stored something there while we copied. */
async function overtaken(deps: CopyDeps, { source, terms }: Wanted, said: string): Promise<Copy> {
  const standing = await statOfOurs(deps.to.store, source.key);
  const sha256 = terms.sha256 ?? deps.journal.sha256Of(bytesOf(deps.from, source));
  if (standing === undefined || sha256 === undefined) return { outcome: 'occupied', detail: said, sentBytes: 0 };
  const wanted = { source, terms: { ...terms, sha256 } };
  const wrong = await contradiction(deps, wanted, standing);
  if (wrong === undefined) return { outcome: 'there', blob: standing, terms: wanted.terms, sentBytes: 0 };
  return { outcome: 'occupied', detail: `something was stored in the target meanwhile: ${wrong}`, sentBytes: 0 };
}

/** What of the standing bytes is not as wanted, in words; undefined where they are proven. */
async function contradiction(deps: CopyDeps, wanted: WantedBytes, standing: BlobInfo): Promise<string | undefined> {
  const { size, sha256 } = wanted.terms;
  if (standing.size !== size) return `the target holds other bytes: size must be ${size}, got ${standing.size}`;
  const stored = await sha256Of(deps, deps.to, standing);
  return stored === sha256
    ? undefined
    : `the target holds other bytes: sha256 must be ${sha256}, got ${stored ?? 'none'}`;
}

/** By the store's own evidence, by what was found out before, or by reading. Undefined where the bytes changed meanwhile. */
export async function sha256Of(
  { journal, verifyFull }: Pick<CopyDeps, 'journal' | 'verifyFull'>,
  side: Side,
  info: BlobInfo,
): Promise<string | undefined> {
  const bytes = bytesOf(side, info);
  const known = verifyFull ? undefined : (info.sha256 ?? journal.sha256Of(bytes));
  if (known !== undefined) return known;
  const read = await readBack(side.store, info.key, info);
  if (read !== undefined) journal.noteSha256(bytes, read);
  return read;
}

async function copyWhole(deps: CopyDeps, { source, terms }: Wanted): Promise<Copy> {
  const { buffer, giveBack } = await deps.buffers.lend(source.size);
  try {
    const hash = createHash('sha256');
    const bytes = await reading(() => readInto(deps, source, 0, buffer, (piece) => hash.update(piece)));
    const sha256 = hash.digest('hex');
    const full = { ...terms, sha256: terms.sha256 ?? sha256 };
    const wrong = await mismatch(deps, source, full, bytes.length, sha256);
    if (wrong !== undefined) return wrong;
    const blob = await deps.to.store.put(source.key, Readable.from([bytes]), full);
    deps.sent?.(bytes.length);
    return await proven(deps, { outcome: 'copied', blob, terms: full, sentBytes: bytes.length });
  } finally {
    giveBack();
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
  if (!isAsRead || now === undefined || bytesOf(from, now).fingerprint !== bytesOf(from, source).fingerprint) {
    return { outcome: 'changed', detail: 'the source was written or removed while it was read', sentBytes: 0 };
  }
  const detail = `the source holds ${size} bytes of sha256 ${sha256}, and ${terms.size} of ${terms.sha256} were expected`;
  return { outcome: 'corrupt', detail, sentBytes: 0 };
}

/** The target took the bytes under proof (a checksum, a signature over the hash, or by hashing them itself). */
export async function proven(deps: CopyDeps, copy: Extract<Copy, { outcome: 'copied' | 'there' }>): Promise<Copy> {
  const { to, journal, verifyFull } = deps;
  const { blob, sentBytes } = copy;
  const { sha256 } = copy.terms;
  const stored = verifyFull ? await readBack(to.store, blob.key, blob) : sha256;
  if (stored === sha256) {
    journal.noteSha256(bytesOf(to, blob), sha256);
    return copy;
  }
  await removeVersion(to.store, blob.key, blob);
  const detail = `the target took the bytes, but gives back others: sha256 must be ${sha256}, got ${stored ?? 'none'}`;
  return { outcome: 'occupied', detail, sentBytes };
}
