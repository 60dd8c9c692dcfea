/** The file that a download grows in: knows how much of it there is, and the hash of just that. */
import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

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
   * Opens what an earlier run left, or begins. What is there is read and hashed; more than `most` bytes can't be of this file.
   * @param onBytes is told how many bytes have been read
   */
  static async open(path: string, most: number, onBytes: (bytes: number) => void): Promise<PartFile> {
    // No link is followed: the name is foreseeable, and somebody else may have laid one.
    const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
    const part = new PartFile(path, await open(path, flags, 0o666));
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

  /** Bytes that are there, and hashed. */
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

  /** Begins anew. */
  async clear(): Promise<void> {
    await this.#file.truncate(0);
    this.#hash = createHash('sha256');
    this.#size = 0;
  }

  /** SHA-256 in hex of what is there. */
  sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Whether the file is as long as what was written here: another process may write to it too. */
  async isWhole(): Promise<boolean> {
    return (await this.#file.stat()).size === this.#size;
  }

  /** On disk for good first, then under its name: after a power cut either all is there or nothing. */
  async publish(path: string): Promise<void> {
    await this.#file.sync();
    await this.close();
    await rename(this.#path, path);
    await syncFolder(dirname(path));
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }

  /** Repeatable. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async #hashWhatIsThere(onBytes: (bytes: number) => void): Promise<void> {
    for await (const chunk of this.#file.createReadStream({ start: 0, autoClose: false, highWaterMark: 1024 * 1024 })) {
      this.#hash.update(chunk);
      this.#size += chunk.length;
      onBytes(this.#size);
    }
  }
}

/** Windows opens no folders, and needs none synced. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
