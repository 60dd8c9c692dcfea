/** The tree of published files: finds, publishes, removes and lists them by key. Follows no symbolic link, overwrites nothing. */
import type { BigIntStats, Stats } from 'node:fs';
import { isServiceError, ServiceError } from '../../../core/errors.ts';
import {
  type PackageKey,
  parsePackageKey,
  parseVersionId,
  type VersionId,
} from '../../../core/names.ts';
import type { BlobVersion } from '../../../core/records.ts';
import { KeyedLock } from '../../keyed-lock.ts';
import type { DiskLayout, KeyPlace } from './disk-layout.ts';
import { errnoOf, unless } from './errors.ts';
import { type FileSystem, syncFolder } from './file-system.ts';

/** A published file, as it lay there at one moment. */
export interface StoredFile {
  readonly key: PackageKey;
  readonly path: string;
  readonly inode: bigint;
  readonly size: number;
  readonly mtimeNs: bigint;
  /** Strong: size and time of the last write in nanoseconds, in hex. */
  readonly etag: string;
  /** Size, time of the last write and inode: another file of the same size and time differs in the last. */
  readonly fingerprint: string;
  readonly lastModified: Date;
}

export function storedFile(key: PackageKey, path: string, stats: BigIntStats): StoredFile {
  return {
    key,
    path,
    inode: stats.ino,
    size: Number(stats.size),
    mtimeNs: stats.mtimeNs,
    etag: `"${stats.size.toString(16)}-${stats.mtimeNs.toString(16)}"`,
    fingerprint: [stats.size, stats.mtimeNs, stats.ino].map((part) => part.toString(16)).join('-'),
    lastModified: stats.mtime,
  };
}

/** @throws CONFLICT where `file` is not the one that `version` names */
export function requireVersion(file: StoredFile, version: BlobVersion): void {
  if (file.etag !== version.etag) {
    throw new ServiceError(
      'CONFLICT',
      `${file.key} holds other bytes: expected ${version.etag}, got ${file.etag}`,
    );
  }
}

export class PackageTree {
  readonly #layout: DiskLayout;
  readonly #fs: FileSystem;
  readonly #ignoresCase: boolean;
  /** Whoever makes or removes names in a version's folder holds its lock, so that no folder vanishes under a writer. */
  readonly #folders = new KeyedLock();

  constructor(layout: DiskLayout, fileSystem: FileSystem, ignoresCase: boolean) {
    this.#layout = layout;
    this.#fs = fileSystem;
    this.#ignoresCase = ignoresCase;
  }

  /** Undefined where nothing lies there, or something that is no regular file of just this name. */
  async find(key: PackageKey): Promise<StoredFile | undefined> {
    const found = await this.look(key);
    return found === 'alien' ? undefined : found;
  }

  /** Where a file of this name would lie. Undefined where another spelling lies there, that the file system takes for the same. */
  async pathOf(key: PackageKey): Promise<string | undefined> {
    const place = this.#layout.place(key);
    return (await this.#spelledAs(place)) ? place.path : undefined;
  }

  /** What lies under the key; `alien` where that is no regular file of just this name (a link, a folder, another spelling). */
  async look(key: PackageKey): Promise<StoredFile | 'alien' | undefined> {
    const place = this.#layout.place(key);
    if (!(await this.#spelledAs(place))) return 'alien';
    const folder = await this.#stat(place.folder);
    if (folder === undefined) return undefined;
    if (!folder.isDirectory()) return 'alien';
    const stats = await unless(this.#fs.lstat(place.path, { bigint: true }), 'ENOENT', 'ENOTDIR');
    if (stats === undefined) return undefined;
    return stats.isFile() ? storedFile(key, place.path, stats) : 'alien';
  }

  /**
   * Gives the file at `source` its name, for good once this returns. The name at `source` stays.
   * @throws ALREADY_EXISTS where anything lies there, in whatever spelling
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

  /** @throws ALREADY_EXISTS where anything lies under the key */
  async requireFree(key: PackageKey): Promise<void> {
    await this.#requireFree(this.#layout.place(key));
  }

  /**
   * Removes the file, and its folder where that is empty then. The file first goes aside to `workFile`: `forget` runs while it has no
   * name any more, but still its inode; a process that ends in between leaves what the next one clears away. @throws CONFLICT
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

  /** Every file whose name is a key, in the order of the keys' bytes. Holds the names of one version's folder at a time. */
  async *list(prefix: string, onAlien: OnAlien = () => {}): AsyncIterable<StoredFile> {
    for (const versionId of await this.#versions(onAlien)) {
      const start = `packages/${versionId}/`;
      if (!start.startsWith(prefix) && !prefix.startsWith(start)) continue;
      for (const key of await this.#keysOf(versionId, start, onAlien)) {
        if (!key.startsWith(prefix)) continue;
        const path = this.#layout.place(key).path;
        const stats = await unless(this.#fs.lstat(path, { bigint: true }), 'ENOENT', 'ENOTDIR');
        if (stats?.isFile() === true) yield storedFile(key, path, stats);
        else if (stats !== undefined) onAlien(key, kindOf(stats));
      }
    }
  }

  /** Ordered as their keys are: `1.0-a/` before `1.0/`, since `-` sorts before the slash. All names are ASCII. */
  async #versions(onAlien: OnAlien): Promise<readonly VersionId[]> {
    const entries = await unless(
      this.#fs.readdir(this.#layout.packages, { withFileTypes: true }),
      'ENOENT',
    );
    const versions = (entries ?? []).flatMap((entry) => {
      const name = `packages/${entry.name}`;
      if (!entry.isDirectory())
        return told(onAlien, name, `${kindOf(entry)}, where folders of versions are`);
      const version = parsed(() => parseVersionId(entry.name));
      return version.length > 0 ? version : told(onAlien, name, 'the name of no version');
    });
    return versions.sort((a, b) => (`${a}/` < `${b}/` ? -1 : 1));
  }

  async #keysOf(
    versionId: VersionId,
    start: string,
    onAlien: OnAlien,
  ): Promise<readonly PackageKey[]> {
    const names = await unless(
      this.#fs.readdir(this.#layout.versionFolder(versionId)),
      'ENOENT',
      'ENOTDIR',
    );
    const keys = (names ?? []).flatMap((name) => {
      const key = parsed(() => parsePackageKey(start + name).key);
      return key.length > 0 ? key : told(onAlien, start + name, 'the name of no package');
    });
    return keys.sort();
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

  /** Whether nothing on disk has these names in another case, where the file system would take them for the same. */
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
    // Not recursively: where the whole tree is gone, no other is made.
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

/** Is told what lies in the tree and is no package: its path below the root, and what is wrong with it in words. */
export type OnAlien = (name: string, what: string) => void;

function told(onAlien: OnAlien, name: string, what: string): readonly never[] {
  onAlien(name, what);
  return [];
}

function kindOf(
  entry: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isSocket' | 'isFIFO'>,
): string {
  if (entry.isSymbolicLink()) return 'a symbolic link';
  if (entry.isDirectory()) return 'a folder';
  if (entry.isSocket()) return 'a socket';
  if (entry.isFIFO()) return 'a pipe';
  return entry.isFile() ? 'a file' : 'a device';
}

function occupied(key: string, cause?: unknown): ServiceError {
  return new ServiceError('ALREADY_EXISTS', `something is stored under ${key}`, { cause });
}

/** One value, or none where the text is no name of ours: such files lie in the tree, but are not packages. */
function parsed<Value>(parse: () => Value): readonly Value[] {
  try {
    return [parse()];
  } catch (error) {
    if (isServiceError(error, 'INVALID_INPUT')) return [];
    throw error;
  }
}
