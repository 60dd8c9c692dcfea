/**
 * Finds out which bytes a store holds: from its own evidence, from the journal, or by reading them.
 */
import type { BlobInfo } from '../../ports/blob-store.ts';
import { removeVersion } from '../../proof/cleanup.ts';
import { readBack } from '../../proof/proof.ts';
import { bytesOf, type Copy, type CopyDeps, type Side } from './copy.ts';

/** The SHA-256 of stored bytes. Undefined if the bytes changed meanwhile. */
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

/**
 * The target took the bytes under proof: a checksum, a signature over the hash, or by hashing them
 * itself. `verifyFull` also reads them back.
 */
export async function prove(
  deps: CopyDeps,
  copy: Extract<Copy, { outcome: 'copied' | 'there' }>,
): Promise<Copy> {
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
