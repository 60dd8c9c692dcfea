/**
 * Fills a buffer from a published file, without a stream, and checks that the file has not changed.
 */

import type { FileHandle } from 'node:fs/promises';
import { ServiceError } from '../../core/errors.ts';
import type { PackageKey } from '../../core/names.ts';
import type { BlobVersion } from '../../core/records.ts';
import { unless } from '../file-system.ts';
import { closeAfter, type FileSystem, NO_LINKS } from './tree/file-system.ts';
import { requireVersion, storedFile } from './tree/stored-file.ts';

/** Read at a time. The rest of the process waits while such a piece is hashed. */
const PIECE_BYTES = 1024 * 1024;

/** @throws NOT_FOUND, CONFLICT when the file is another version, or changes while it is read */
export async function readFileInto(
  fileSystem: FileSystem,
  { key, path }: { readonly key: PackageKey; readonly path: string },
  into: Buffer,
  { start, version }: { readonly start: number; readonly version: BlobVersion },
  onPiece: (piece: Buffer) => void,
): Promise<number> {
  const opening = fileSystem.open(path, NO_LINKS.read);
  // A symbolic link (ELOOP) is a foreign file.
  const file = await unless(opening, 'ENOENT', 'ENOTDIR', 'ELOOP');
  if (file === undefined) throw new ServiceError('NOT_FOUND', `nothing is stored under ${key}`);
  return closeAfter(file, async () => {
    const filled = await readPieces(file, into, start, onPiece);
    // Checked last, so that a change before the read shows as well as one during it.
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
