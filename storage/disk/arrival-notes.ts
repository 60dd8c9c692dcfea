/**
 * Notes about files that our uploads published: which attempt sent them, and their SHA-256. A note is kept by inode and counts only
 * while size, time and key agree. It is on disk before the file gets its name: without it nobody could tell whose file that is, and it
 * would block its name for ever.
 */
import { type PackageKey, parsePackageKey } from '../../core/names.ts';
import type { DiskLayout } from './tree/disk-layout.ts';
import { unless } from './tree/errors.ts';
import {
  closing,
  type FileSystem,
  NO_LINKS,
  ownNames,
  readOwnText,
  syncFolder,
} from './tree/file-system.ts';
import type { StoredFile } from './tree/package-tree.ts';

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

  /** Once this returns, the note outlives a power failure. */
  async write(inode: bigint, note: ArrivalNote): Promise<void> {
    const file = await this.#fs.open(this.#layout.note(inode), NO_LINKS.replace);
    await closing(file, async () => {
      await file.writeFile(JSON.stringify(note));
      await file.sync();
    });
    await syncFolder(this.#fs, this.#layout.arrived);
  }

  /** The note about exactly this file. */
  async about(file: StoredFile): Promise<ArrivalNote | undefined> {
    const note = await this.#read(file.inode);
    const same =
      note?.key === file.key && note.size === file.size && note.mtimeNs === String(file.mtimeNs);
    return same ? note : undefined;
  }

  async remove(inode: bigint): Promise<void> {
    await unless(this.#fs.unlink(this.#layout.note(inode)), 'ENOENT');
  }

  /** Of all notes, whether or not their files are there. */
  async inodes(): Promise<readonly bigint[]> {
    const names = await ownNames(this.#fs, this.#layout.arrived);
    return names.filter((name) => /^\d+$/.test(name)).map(BigInt);
  }

  /** The key that the note of this inode names, whether or not its file is there. */
  async keyOf(inode: bigint): Promise<PackageKey | undefined> {
    return (await this.#read(inode))?.key;
  }

  async #read(inode: bigint): Promise<ArrivalNote | undefined> {
    const text = await readOwnText(this.#fs, this.#layout.note(inode));
    return text === undefined ? undefined : parseNote(text);
  }
}

/** Undefined where the text is not a whole note: the process may have ended while it wrote. */
function parseNote(text: string): ArrivalNote | undefined {
  try {
    const note = JSON.parse(text) as ArrivalNote;
    return { ...note, key: parsePackageKey(note.key).key };
  } catch {
    return undefined;
  }
}
