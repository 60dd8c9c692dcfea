/**
 * The tree of published files: finds, publishes and removes them by key. It follows no symbolic
 * link, and overwrites nothing.
 */
import type { Stats } from 'node:fs';
import { ServiceError } from '../../../core/errors.ts';
import type { PackageKey, VersionId } from '../../../core/names.ts';
import type { BlobVersion } from '../../../core/records.ts';
import { errnoOf, syncFolder, unless } from '../../file-system.ts';
import type { DiskLayout, KeyPlace } from './disk-layout.ts';
import type { FileSystem } from './file-system.ts';
import { requireVersion, type StoredFile, storedFile } from './stored-file.ts';

export class PackageTree {
  readonly #layout: DiskLayout;
  readonly #fs: FileSystem;
  readonly #ignoresCase: boolean;
  /**
   * Held while names in a version's folder are added or removed, so that no writer loses its
   * folder.
   */
  readonly #folders = new KeyedLock();

  constructor(layout: DiskLayout, fileSystem: FileSystem, ignoresCase: boolean) {
    this.#layout = layout;
    this.#fs = fileSystem;
    this.#ignoresCase = ignoresCase;
  }

  /** @returns undefined if nothing is stored there, or no regular file of exactly this name */
  async find(key: PackageKey): Promise<StoredFile | undefined> {
    const found = await this.look(key);
    return found === 'foreign' ? undefined : found;
  }

  /**
   * The path of the file, whether or not it exists. Undefined if a name exists that differs in
   * case, and the file system ignores case.
   */
  async pathOf(key: PackageKey): Promise<string | undefined> {
    const place = this.#layout.place(key);
    return (await this.#spelledAs(place)) ? place.path : undefined;
  }

  /**
   * @returns `foreign` for anything but a regular file of exactly this name: a link, a folder,
   *   other case
   */
  async look(key: PackageKey): Promise<StoredFile | 'foreign' | undefined> {
    const place = this.#layout.place(key);
    if (!(await this.#spelledAs(place))) return 'foreign';
    const folder = await this.#stat(place.folder);
    if (folder === undefined) return undefined;
    if (!folder.isDirectory()) return 'foreign';
    const stats = await unless(this.#fs.lstat(place.path, { bigint: true }), 'ENOENT', 'ENOTDIR');
    if (stats === undefined) return undefined;
    return stats.isFile() ? storedFile(key, place.path, stats) : 'foreign';
  }

  /**
   * Gives the file at `source` its name. Once this returns, the name survives a power failure. The
   * file also keeps its name at `source`.
   * @throws ALREADY_EXISTS when anything exists under the key, in any case that the file system
   *   takes for the same
   */
  async publish(source: string, key: PackageKey): Promise<void> {
    const place = this.#layout.place(key);
    await this.#folders.run(this.#lockName(place.versionId), async () => {
      await this.#requireFree(place);
      try {
        await this.#makeFolder(place);
        await this.#fs.link(source, place.path);
      } catch (error) {
        await this.#removeIfEmpty(place.folder);
        throw errnoOf(error) === 'EEXIST' ? occupied(key, error) : error;
      }
    });
    await syncFolder(this.#fs, place.folder);
  }

  /** @throws ALREADY_EXISTS when anything exists under the key */
  async requireFree(key: PackageKey): Promise<void> {
    await this.#requireFree(this.#layout.place(key));
  }

  /**
   * Removes the file, and its folder if that is empty then. The file is first renamed to
   * `workFile`: `forget` runs while the file has no name, but still its inode. If the process is
   * killed in between, the next one removes the work file.
   * @throws CONFLICT
   */
  async remove(
    key: PackageKey,
    version: BlobVersion,
    workFile: string,
    forget: (file: StoredFile) => Promise<void>,
  ): Promise<void> {
    const place = this.#layout.place(key);
    await this.#folders.run(this.#lockName(place.versionId), async () => {
      const file = await this.find(key);
      if (file === undefined) return;
      requireVersion(file, version);
      await this.#fs.rename(place.path, workFile);
      await syncFolder(this.#fs, place.folder);
      await forget(file);
      await this.#fs.unlink(workFile);
      await this.#removeIfEmpty(place.folder);
    });
  }

  async #requireFree(place: KeyPlace): Promise<void> {
    const key = `packages/${place.versionId}/${place.fileName}`;
    const folder = await this.#stat(place.folder);
    if (folder !== undefined && !folder.isDirectory()) throw occupied(key);
    if (this.#ignoresCase) {
      const version = await this.#otherSpelling(this.#layout.packages, place.versionId);
      const file = await this.#otherSpelling(place.folder, place.fileName);
      if (version !== undefined || file !== undefined) {
        const there = `packages/${version ?? place.versionId}/${file ?? place.fileName}`;
        throw new ServiceError(
          'ALREADY_EXISTS',
          `${key} differs only in case from ${there}, and this file system can't hold both`,
        );
      }
    }
    if ((await this.#stat(place.path)) !== undefined) throw occupied(key);
  }

  async #stat(path: string): Promise<Stats | undefined> {
    return unless(this.#fs.lstat(path), 'ENOENT', 'ENOTDIR');
  }

  /** False when a name exists that differs only in case, and the file system ignores case. */
  async #spelledAs(place: KeyPlace): Promise<boolean> {
    if (!this.#ignoresCase) return true;
    const version = await this.#otherSpelling(this.#layout.packages, place.versionId);
    const file = await this.#otherSpelling(place.folder, place.fileName);
    return version === undefined && file === undefined;
  }

  async #otherSpelling(folder: string, name: string): Promise<string | undefined> {
    const names = await unless(this.#fs.readdir(folder), 'ENOENT', 'ENOTDIR');
    return names?.find((other) => other !== name && other.toLowerCase() === name.toLowerCase());
  }

  async #makeFolder(place: KeyPlace): Promise<void> {
    // Not recursive: if the whole tree is gone (an unmounted disk), no new one is created.
    const made = await unless(
      this.#fs.mkdir(place.folder).then(() => true),
      'EEXIST',
    );
    if (made === true) await syncFolder(this.#fs, this.#layout.packages);
  }

  async #removeIfEmpty(folder: string): Promise<void> {
    await unless(this.#fs.rmdir(folder), 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR');
  }

  #lockName(versionId: VersionId): string {
    return this.#ignoresCase ? versionId.toLowerCase() : versionId;
  }
}

function occupied(key: string, cause?: unknown): ServiceError {
  return new ServiceError('ALREADY_EXISTS', `something is stored under ${key}`, { cause });
}

/** Runs tasks of the same name one after another, and of different names in parallel. */
class KeyedLock {
  readonly #last = new Map<string, Promise<void>>();

  async run<Result>(name: string, task: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last.set(name, promise);
    try {
      await before;
      return await task();
    } finally {
      if (this.#last.get(name) === promise) this.#last.delete(name);
      resolve();
    }
  }
}
