/**
 * Copies one file from store to store under proof: reads and hashes it, and the target enforces the
 * hash as it stores the bytes.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { isServiceError } from '../../errors.ts';
import type { BlobInfo } from '../../ports/blob-store.ts';
import { removeVersion, statOfOurs } from '../../proof/cleanup.ts';
import { MIB } from '../../proof/part-plan.ts';
import { bytesOf, type Copy, type CopyDeps, type Wanted, type WantedBytes } from './copy.ts';
import { copyInParts, dropParts } from './copy-in-parts.ts';
import { prove, sha256Of } from './evidence.ts';
import { mismatch, readInto, readSource, Unreadable } from './read-source.ts';

/** Up to this size a file is read as a whole, and checked before it is sent. */
const WHOLE_UP_TO_BYTES = 16 * MIB;

/**
 * Repeatable: what the target has already is not sent again.
 * @param standing what the target holds under the key, if anything
 * @throws errors of the target that are not about these bytes (UNAVAILABLE, OUT_OF_SPACE,
 *   FORBIDDEN)
 */
export async function copyBlob(
  deps: CopyDeps,
  wanted: Wanted,
  standing: BlobInfo | undefined,
): Promise<Copy> {
  try {
    const { terms, source } = wanted;
    if (standing === undefined) {
      return source.size <= WHOLE_UP_TO_BYTES
        ? await copyWhole(deps, wanted)
        : await copyInParts(deps, wanted);
    }
    const sha256 =
      terms.sha256 ??
      (await readSource(() => sha256Of({ ...deps, verifyFull: false }, deps.from, source)));
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
  if (standing.attemptId !== wanted.terms.attemptId)
    return { outcome: 'occupied', detail: wrong, sentBytes: 0 };
  // Our own copy, and wrong. No record names these bytes, so no link gives them.
  await removeVersion(deps.to.store, standing.key, standing);
  return copyBlob(deps, wanted, undefined);
}

/** The result, if the error of a store is about these bytes; else throws it. */
async function asCopy(deps: CopyDeps, wanted: Wanted, error: unknown): Promise<Copy> {
  if (isServiceError(error, 'ALREADY_EXISTS')) return compareNewcomer(deps, wanted, error.message);
  if (isServiceError(error, 'CONFLICT', 'NOT_FOUND')) return changed(error.message);
  if (!(error instanceof Unreadable)) throw error;
  const { code, message } = error.reason;
  return { outcome: 'unreadable', detail: message, sentBytes: 0, code };
}

function changed(why = 'while it was read'): Copy {
  return {
    outcome: 'changed',
    detail: `the source was written or removed meanwhile: ${why}`,
    sentBytes: 0,
  };
}

/** Somebody else has stored something there during the copy. */
async function compareNewcomer(
  deps: CopyDeps,
  { source, terms }: Wanted,
  said: string,
): Promise<Copy> {
  const standing = await statOfOurs(deps.to.store, source.key);
  const sha256 = terms.sha256 ?? deps.journal.sha256Of(bytesOf(deps.from, source));
  if (standing === undefined || sha256 === undefined)
    return { outcome: 'occupied', detail: said, sentBytes: 0 };
  const wanted = { source, terms: { ...terms, sha256 } };
  const wrong = await contradiction(deps, wanted, standing);
  if (wrong === undefined)
    return { outcome: 'there', blob: standing, terms: wanted.terms, sentBytes: 0 };
  return {
    outcome: 'occupied',
    detail: `something was stored in the target meanwhile: ${wrong}`,
    sentBytes: 0,
  };
}

/** In words, what is wrong with the stored bytes; undefined if they are proven. */
async function contradiction(
  deps: CopyDeps,
  wanted: WantedBytes,
  standing: BlobInfo,
): Promise<string | undefined> {
  const { size, sha256 } = wanted.terms;
  if (standing.size !== size)
    return `the target holds other bytes: size must be ${size}, got ${standing.size}`;
  const stored = await sha256Of(deps, deps.to, standing);
  return stored === sha256
    ? undefined
    : `the target holds other bytes: sha256 must be ${sha256}, got ${stored ?? 'none'}`;
}

async function copyWhole(deps: CopyDeps, { source, terms }: Wanted): Promise<Copy> {
  const { buffer, giveBack } = await deps.buffers.lend(source.size);
  try {
    const hash = createHash('sha256');
    const bytes = await readSource(() =>
      readInto(deps, source, 0, buffer, (piece) => hash.update(piece)),
    );
    const sha256 = hash.digest('hex');
    const full = { ...terms, sha256: terms.sha256 ?? sha256 };
    const wrong = await mismatch(deps, source, full, bytes.length, sha256);
    if (wrong !== undefined) return wrong;
    const blob = await deps.to.store.put(source.key, Readable.from([bytes]), full);
    deps.sent?.(bytes.length);
    return await prove(deps, { outcome: 'copied', blob, terms: full, sentBytes: bytes.length });
  } finally {
    giveBack();
  }
}
