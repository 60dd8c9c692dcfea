/** The file that a download is written to. It knows its size and the hash of its bytes so far. */
import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../../storage/file-system.ts';
import { failure } from '../output/fault.ts';
import { fileExists, requireFree } from './existing-file.ts';

/** The name is predictable, so a link that was planted there is not followed. */
const FLAGS = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

export class PartFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #hash: Hash = createHash('sha256');
  #size = 0;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Opens the file that an earlier run left, or creates it. Existing bytes are read and hashed;
   * more than `most` bytes cannot belong to this file. A file with a second hard link is left
   * alone, because the other name would see the written bytes too.
   * @param onBytes receives the number of bytes read so far
   */
  static async open(
    path: string,
    most: number,
    onBytes: (bytes: number) => void,
  ): Promise<PartFile> {
    let file = await open(path, FLAGS, 0o666);
    if ((await file.stat()).nlink > 1) {
      await file.close();
      await rm(path);
      file = await open(path, FLAGS | constants.O_EXCL, 0o666);
    }
    const part = new PartFile(path, file);
    try {
      const { size } = await part.#file.stat();
      if (size > most) await part.clear();
      else await part.#hashWhatIsThere(onBytes);
      return part;
    } catch (error) {
      await part.close();
      throw error;
    }
  }

  /** Number of bytes that are written and hashed. */
  get size(): number {
    return this.#size;
  }

  async append(chunk: Uint8Array): Promise<void> {
    let rest = chunk;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#file.write(rest, 0, rest.length, this.#size);
      this.#hash.update(rest.subarray(0, bytesWritten));
      this.#size += bytesWritten;
      rest = rest.subarray(bytesWritten);
    }
  }

  /** Discards all bytes. */
  async clear(): Promise<void> {
    await this.#file.truncate(0);
    this.#hash = createHash('sha256');
    this.#size = 0;
  }

  /** SHA-256 in hex of the bytes so far. */
  sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Whether the file has the expected length: a program that ignores the lock may write to it. */
  async isWhole(): Promise<boolean> {
    return (await this.#file.stat()).size === this.#size;
  }

  /**
   * Syncs the bytes to disk first, then gives the file its name: after a power cut, the file is
   * either complete or absent.
   * @throws Fault FILE_EXISTS if another file has that name and must not be replaced,
   * PART_FILE_REPLACED
   */
  async publish(path: string, replaces: boolean): Promise<void> {
    await this.#file.sync();
    await this.#requireOwnName();
    await this.close();
    if (replaces) await rename(this.#path, path);
    else await nameWhereFree(this.#path, path);
    await syncFolder({ open }, dirname(path));
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }

  /** May be called twice. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Only the file that was written and hashed here may get the final name. */
  async #requireOwnName(): Promise<void> {
    const written = await this.#file.stat({ bigint: true });
    const named = await lstat(this.#path, { bigint: true }).catch(() => undefined);
    if (named?.ino === written.ino && named.dev === written.dev) return;
    throw failure(
      'PART_FILE_REPLACED',
      `another program replaced ${this.#path} while it was written`,
      {
        hint: 'nothing was pulled; find out which program writes to this folder, then pull again',
      },
    );
  }

  async #hashWhatIsThere(onBytes: (bytes: number) => void): Promise<void> {
    for await (const chunk of this.#file.createReadStream({
      start: 0,
      autoClose: false,
      highWaterMark: 1024 * 1024,
    })) {
      this.#hash.update(chunk);
      this.#size += chunk.length;
      onBytes(this.#size);
    }
  }
}

/**
 * A hard link never replaces a file, not even one that appeared after the check. File systems
 * without hard links have only the check.
 */
async function nameWhereFree(partPath: string, path: string): Promise<void> {
  try {
    await link(partPath, path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw fileExists(path);
    await requireFree(path);
    return rename(partPath, path);
  }
  await rm(partPath);
}
