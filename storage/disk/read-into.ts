/** Fills memory from a published file, without a stream: open, read, look whether they are the bytes that were asked for. */
import type { FileHandle } from 'node:fs/promises';
import { ServiceError } from '../../core/errors.ts';
import type { PackageKey } from '../../core/names.ts';
import type { BlobVersion } from '../../core/records.ts';
import { unless } from './tree/errors.ts';
import { closing, type FileSystem, NO_LINKS } from './tree/file-system.ts';
import { requireVersion, storedFile } from './tree/package-tree.ts';

/** So much is read at a time: while it is looked at, the rest of the process has to wait. */
const PIECE_BYTES = 1024 * 1024;

/** @throws NOT_FOUND, CONFLICT where other bytes than `version` lie there, also where they are changed meanwhile */
export async function readFileInto(
  fileSystem: FileSystem,
  { key, path }: { readonly key: PackageKey; readonly path: string },
  into: Buffer,
  { start, version }: { readonly start: number; readonly version: BlobVersion },
  onPiece: (piece: Buffer) => void,
): Promise<number> {
  const opening = fileSystem.open(path, NO_LINKS.read);
  // A link (ELOOP) is no file of ours.
  const file = await unless(opening, 'ENOENT', 'ENOTDIR', 'ELOOP');
  if (file === undefined) throw new ServiceError('NOT_FOUND', `nothing is stored under ${key}`);
  return closing(file, async () => {
    const filled = await readPieces(file, into, start, onPiece);
    // Looked at last: what was written before we came shows as well as what was written meanwhile.
    requireVersion(storedFile(key, path, await file.stat({ bigint: true })), version);
    return filled;
  });
}

async function readPieces(
  file: FileHandle,
  into: Buffer,
  start: number,
  onPiece: (piece: Buffer) => void,
): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const { bytesRead } = await file.read(
      into,
      filled,
      Math.min(PIECE_BYTES, into.length - filled),
      start + filled,
    );
    if (bytesRead === 0) break;
    onPiece(into.subarray(filled, filled + bytesRead));
    filled += bytesRead;
  }
  return filled;
}
