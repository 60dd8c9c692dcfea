/** Copies one file from store to store under proof: read and hashed here, enforced by the target as it takes the bytes. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { isServiceError } from '../../errors.ts';
import type { BlobInfo, UploadTerms } from '../../ports/blob-store.ts';
import type { Journal } from '../../ports/journal.ts';
import { removeVersion } from '../../uploads/cleanup.ts';
import { readBack } from '../../uploads/proof.ts';
import { MIB } from '../../uploads/terms.ts';
import type { OutcomeName } from '../outcome.ts';
import { bytesOf, type Side, versionOf } from '../side.ts';
import type { ByteBudget } from './byte-budget.ts';
import { copyInParts } from './copy-in-parts.ts';

export interface CopyDeps {
  readonly from: Side;
  readonly to: Side;
  readonly journal: Journal;
  readonly budget: ByteBudget;
  /** Read every byte back from the target, also those that it took under proof. */
  readonly verifyFull: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What is to lie in the target afterwards. */
export interface Wanted {
  readonly source: BlobInfo;
  readonly terms: UploadTerms;
}

export type Copy =
  | { readonly outcome: 'copied' | 'there'; readonly blob: BlobInfo; readonly sentBytes: number }
  | {
      readonly outcome: Extract<OutcomeName, 'corrupt' | 'occupied' | 'changed'>;
      readonly detail: string;
      readonly sentBytes: number;
    };

/** Up to here a file is read whole, and looked at before it is sent. */
export const WHOLE_UP_TO_BYTES = 16 * MIB;

/**
 * Repeatable: what the target has already is not sent again.
 * @param standing what the target holds under the key, if anything
 * @throws whatever the stores throw that is no answer about these bytes (UNAVAILABLE, OUT_OF_SPACE, FORBIDDEN)
 */
export async function copyBlob(deps: CopyDeps, wanted: Wanted, standing: BlobInfo | undefined): Promise<Copy> {
  if (standing !== undefined) {
    const wrong = await contradiction(deps, wanted, standing);
    if (wrong === undefined) return { outcome: 'there', blob: standing, sentBytes: 0 };
    if (standing.attemptId !== wanted.terms.attemptId) return { outcome: 'occupied', detail: wrong, sentBytes: 0 };
    // Ours, and wrong: nobody is handed these bytes, since no record names them.
    await removeVersion(deps.to.store, standing.key, standing);
  }
  try {
    const copy =
      wanted.source.size <= WHOLE_UP_TO_BYTES ? await copyWhole(deps, wanted) : await copyInParts(deps, wanted);
    return copy.outcome === 'copied' ? await proven(deps, wanted, copy) : copy;
  } catch (error) {
    if (isServiceError(error, 'ALREADY_EXISTS')) return overtaken(deps, wanted);
    if (!isServiceError(error, 'CONFLICT', 'NOT_FOUND')) throw error;
    return {
      outcome: 'changed',
      detail: `the source was written or removed meanwhile: ${error.message}`,
      sentBytes: 0,
    };
  }
}

/** Somebody else stored something there while we copied. */
async function overtaken(deps: CopyDeps, wanted: Wanted): Promise<Copy> {
  const standing = await deps.to.store.stat(wanted.source.key);
  const wrong = standing === undefined ? 'it came and went' : await contradiction(deps, wanted, standing);
  if (standing !== undefined && wrong === undefined) return { outcome: 'there', blob: standing, sentBytes: 0 };
  return { outcome: 'occupied', detail: `something was stored in the target meanwhile: ${wrong}`, sentBytes: 0 };
}

/** What of the standing bytes is not as wanted, in words; undefined where they are proven. */
async function contradiction(deps: CopyDeps, wanted: Wanted, standing: BlobInfo): Promise<string | undefined> {
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
  const giveBack = await deps.budget.take(source.size);
  try {
    const bytes = await readWhole(deps, source);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const wrong = await mismatch(deps, source, terms, bytes.length, sha256);
    if (wrong !== undefined) return wrong;
    const blob = await deps.to.store.put(source.key, Readable.from([bytes]), terms);
    return { outcome: 'copied', blob, sentBytes: bytes.length };
  } finally {
    giveBack();
  }
}

async function readWhole({ from, signal }: CopyDeps, source: BlobInfo): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await from.store.get(source.key, { version: versionOf(source) })) {
    signal?.throwIfAborted();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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
  const detail = `the source holds ${size} bytes of sha256 ${sha256}, and ${terms.size} of ${terms.sha256} were published`;
  return { outcome: 'corrupt', detail, sentBytes: 0 };
}

/** The target took the bytes under proof (a checksum, a signature over the hash, or by hashing them itself). */
async function proven(
  deps: CopyDeps,
  wanted: Wanted,
  copy: Extract<Copy, { outcome: 'copied' | 'there' }>,
): Promise<Copy> {
  const { to, journal, verifyFull } = deps;
  const { sha256 } = wanted.terms;
  if (!verifyFull) {
    journal.noteSha256(bytesOf(to, copy.blob), sha256);
    return copy;
  }
  const stored = await readBack(to.store, copy.blob.key, copy.blob);
  if (stored === sha256) {
    journal.noteSha256(bytesOf(to, copy.blob), sha256);
    return copy;
  }
  await removeVersion(to.store, copy.blob.key, copy.blob);
  const detail = `the target took the bytes, but gives back others: sha256 must be ${sha256}, got ${stored ?? 'none'}`;
  return { outcome: 'occupied', detail, sentBytes: copy.sentBytes };
}
