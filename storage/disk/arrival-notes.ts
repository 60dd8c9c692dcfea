/**
 * Arrival notes: which attempt sent a file, and its SHA-256. A note is named by the inode of its
 * file, and counts only while key, size and modification time match. It is on disk before the file
 * gets its name: a file without a note would look like a foreign file, and would block its name
 * forever.
 */

import { type PackageKey, parsePackageKey } from '../../core/names.ts';
import { syncFolder, unless } from '../file-system.ts';
import type { DiskLayout } from './tree/disk-layout.ts';
import {
  closeAfter,
  type FileSystem,
  NO_LINKS,
  ownNames,
  readOwnText,
} from './tree/file-system.ts';
import type { StoredFile } from './tree/stored-file.ts';

export interface ArrivalNote {
  readonly key: PackageKey;
  readonly attemptId: string;
  readonly sha256: string;
  readonly size: number;
  /** Nanoseconds, in decimal. */
  readonly mtimeNs: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

export class ArrivalNotes {
  readonly #layout: DiskLayout;
  readonly #fs: FileSystem;

  constructor(layout: DiskLayout, fileSystem: FileSystem) {
    this.#layout = layout;
    this.#fs = fileSystem;
  }

  /** Once this returns, the note survives a power failure. */
  async write(inode: bigint, note: ArrivalNote): Promise<void> {
    const file = await this.#fs.open(this.#layout.note(inode), NO_LINKS.replace);
    await closeAfter(file, async () => {
      await file.writeFile(JSON.stringify(note));
      await file.sync();
    });
    await syncFolder(this.#fs, this.#layout.arrived);
  }

  /** The note of exactly this file. */
  async about(file: StoredFile): Promise<ArrivalNote | undefined> {
    const note = await this.#read(file.inode);
    const same =
      note?.key === file.key && note.size === file.size && note.mtimeNs === String(file.mtimeNs);
    return same ? note : undefined;
  }

  async remove(inode: bigint): Promise<void> {
    await unless(this.#fs.unlink(this.#layout.note(inode)), 'ENOENT');
  }

  /** The inodes of all notes, whether or not their files exist. */
  async inodes(): Promise<readonly bigint[]> {
    const names = await ownNames(this.#fs, this.#layout.arrived);
    return names.filter((name) => /^\d+$/.test(name)).map(BigInt);
  }

  /** The key in the note of this inode, whether or not its file exists. */
  async keyOf(inode: bigint): Promise<PackageKey | undefined> {
    return (await this.#read(inode))?.key;
  }

  async #read(inode: bigint): Promise<ArrivalNote | undefined> {
    const text = await readOwnText(this.#fs, this.#layout.note(inode));
    return text === undefined ? undefined : parseNote(text);
  }
}

/** @returns undefined if the text is not a whole note: the process may have ended while it wrote */
function parseNote(text: string): ArrivalNote | undefined {
  try {
    const note = JSON.parse(text) as ArrivalNote;
    return { ...note, key: parsePackageKey(note.key).key };
  } catch {
    return undefined;
  }
}
