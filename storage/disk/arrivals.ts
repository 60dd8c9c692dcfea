/**
 * Publishes uploaded files together with their arrival notes. A note says which attempt sent the
 * file, and is kept until the record is final.
 */
import type { PackageKey } from '../../core/names.ts';
import type { BlobInfo, Leftover, UploadTerms } from '../../core/ports/blob-store.ts';
import { type ArrivalNote, ArrivalNotes } from './arrival-notes.ts';
import type { DiskLayout } from './tree/disk-layout.ts';
import type { FileSystem } from './tree/file-system.ts';
import { listFiles, type OnForeignFile } from './tree/list-files.ts';
import type { PackageTree } from './tree/package-tree.ts';
import { type StoredFile, storedFile } from './tree/stored-file.ts';

export class Arrivals {
  readonly #fs: FileSystem;
  readonly #layout: DiskLayout;
  readonly #tree: PackageTree;
  readonly #notes: ArrivalNotes;

  constructor(layout: DiskLayout, fileSystem: FileSystem, tree: PackageTree) {
    this.#fs = fileSystem;
    this.#layout = layout;
    this.#tree = tree;
    this.#notes = new ArrivalNotes(layout, fileSystem);
  }

  /**
   * Publishes the file at `source`. Its bytes are synced to disk and match `terms`.
   * @throws ALREADY_EXISTS
   */
  async publish(
    source: string,
    key: PackageKey,
    terms: UploadTerms,
    startedAt: number,
  ): Promise<BlobInfo> {
    const stats = await this.#fs.lstat(source, { bigint: true });
    const file = storedFile(key, this.#layout.place(key).path, stats);
    const { attemptId, sha256 } = terms;
    const note = {
      key,
      attemptId,
      sha256,
      size: file.size,
      mtimeNs: String(file.mtimeNs),
      startedAt,
    };
    try {
      await this.#notes.write(file.inode, note);
      await this.#tree.publish(source, key);
    } catch (error) {
      const published = await this.#tree.find(key);
      if (published?.inode !== file.inode) await this.#notes.remove(file.inode);
      throw error;
    }
    return blobInfo(file, note);
  }

  async info(file: StoredFile): Promise<BlobInfo> {
    return blobInfo(file, await this.#notes.about(file));
  }

  async *list(prefix: string, onForeignFile?: OnForeignFile): AsyncIterable<BlobInfo> {
    const noted = new Set(await this.#notes.inodes());
    const options = { layout: this.#layout, fileSystem: this.#fs, onForeignFile };
    for await (const file of listFiles(prefix, options)) {
      yield noted.has(file.inode) ? await this.info(file) : blobInfo(file, undefined);
    }
  }

  /** Notes of files that are published. A note whose file has no name yet is left out. */
  async *leftovers(): AsyncIterable<Leftover> {
    for (const inode of await this.#notes.inodes()) {
      const note = await this.#noteInForce(inode);
      if (note !== undefined) {
        yield { key: note.key, attemptId: note.attemptId, startedAt: new Date(note.startedAt) };
      }
    }
  }

  /** Removes the note of this file. While the file exists, no other note can have its inode. */
  async forget(file: StoredFile): Promise<void> {
    await this.#notes.remove(file.inode);
  }

  async settle(key: PackageKey): Promise<void> {
    const file = await this.#tree.find(key);
    if (file !== undefined && (await this.#notes.about(file)) !== undefined)
      await this.forget(file);
  }

  /** Removes notes whose files are gone. */
  async recover(): Promise<void> {
    for (const inode of await this.#notes.inodes()) {
      if ((await this.#noteInForce(inode)) === undefined) await this.#notes.remove(inode);
    }
  }

  async #noteInForce(inode: bigint): Promise<ArrivalNote | undefined> {
    const key = await this.#notes.keyOf(inode);
    const file = key === undefined ? undefined : await this.#tree.find(key);
    return file?.inode === inode ? this.#notes.about(file) : undefined;
  }
}

function blobInfo(file: StoredFile, note: ArrivalNote | undefined): BlobInfo {
  const { key, size, etag, lastModified, fingerprint } = file;
  const info = { key, size, etag, lastModified, fingerprint };
  return note === undefined ? info : { ...info, sha256: note.sha256, attemptId: note.attemptId };
}
