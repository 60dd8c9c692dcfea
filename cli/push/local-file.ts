/** A local file to push. It is read piece by piece into reused buffers, and watched for changes. */
import type { Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { UploadSource } from '../../client/upload-source.ts';
import { hashInThread, type ThreadHash } from '../../storage/hashing/hashing-thread.ts';
import { failure, misuse } from '../output/fault.ts';

/** What changes when a file does. */
export type Look = Pick<Stats, 'size' | 'mtimeMs' | 'ino'>;

/** Names a range of a file, from `start` to `end` (exclusive), without holding its bytes. */
export interface FileSlice {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly size: number;
}

const PIECE_BYTES = 1024 * 1024;

/**
 * Takes the size from `stat`, and reads bytes by offset. It uses no Blob: in Node, sizes and
 * offsets of a Blob that is backed by a file have 32 bits.
 */
export class LocalFile implements UploadSource<FileSlice> {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #look: Look;
  /** Read the file through its descriptor. */
  readonly #threads: ThreadHash[] = [];
  /** Buffers that are not in use. */
  readonly #spare: Buffer[] = [];

  private constructor(path: string, handle: FileHandle, look: Look) {
    this.path = path;
    this.#handle = handle;
    this.#look = look;
  }

  /** @throws Fault if it is not a file, or empty */
  static async open(path: string): Promise<LocalFile> {
    // `stat` comes before `open`, because opening a pipe would wait for a writer.
    requireFile(path, await lookAt(path));
    const handle = await open(path);
    try {
      const look = await handle.stat();
      requireFile(path, look);
      return new LocalFile(path, handle, look);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get size(): number {
    return this.#look.size;
  }

  get look(): Look {
    return this.#look;
  }

  slice(start: number, end: number): FileSlice {
    const [from, to] = [Math.min(start, this.size), Math.min(end, this.size)];
    return { path: this.path, start: from, end: to, size: to - from };
  }

  /**
   * The bytes of a slice of this file, piece by piece. The next piece is read while one is used, so
   * a piece is valid until the next but one is requested.
   * @throws Error if the file has changed, or the slice belongs to another file
   */
  async *readSlice({ path, start, end }: FileSlice): AsyncGenerator<Buffer> {
    if (path !== this.path) throw new TypeError(`${path} is not ${this.path}`);
    await this.#requireUnchanged();
    yield* this.read(start, end);
    await this.#requireUnchanged();
  }

  /**
   * Like `readSlice`, but by offsets, and without checking whether the file has changed.
   * @throws Error if the file ends before `end`
   */
  async *read(start = 0, end = this.size): AsyncGenerator<Buffer> {
    const buffers = [this.#buffer(), this.#buffer()] as const;
    let [now, ahead] = buffers;
    let coming = this.#fill(now, start, end);
    for (let at = start; at < end; ) {
      const piece = await coming;
      at += piece.length;
      // If the caller stops here, an error in a piece that it did not request is ignored.
      coming = this.#fill(ahead, at, end);
      coming.catch(() => undefined);
      [now, ahead] = [ahead, now];
      yield piece;
    }
    await coming;
    // Not reached if the caller stopped early: it may still be sending this buffer.
    this.#spare.push(...buffers);
  }

  /** Whether the size, the modification time or the file itself has changed. */
  async hasChanged(): Promise<boolean> {
    const now = await lookAt(this.path);
    return now === undefined || !isSame(now, this.#look);
  }

  /** @returns undefined where the file is better hashed in this thread */
  async hashInThread(): Promise<ThreadHash | undefined> {
    const thread = await hashInThread(this.#handle.fd, this.size);
    if (thread !== undefined) this.#threads.push(thread);
    return thread;
  }

  async close(): Promise<void> {
    // The descriptor may belong to another file once it is closed.
    for (const thread of this.#threads) await thread.settled();
    await this.#handle.close();
  }

  async #requireUnchanged(): Promise<void> {
    if (await this.hasChanged()) throw new Error(`${this.path} has changed`);
  }

  #buffer(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, this.size));
  }

  async #fill(buffer: Buffer, start: number, end: number): Promise<Buffer> {
    const length = Math.min(buffer.length, end - start);
    if (length === 0) return buffer.subarray(0, 0);
    const { bytesRead } = await this.#handle.read(buffer, 0, length, start);
    if (bytesRead === 0)
      throw new Error(`${this.path} ends at byte ${start}, expected ${end} bytes`);
    return buffer.subarray(0, bytesRead);
  }
}

export function isSame(one: Look, other: Look): boolean {
  return one.size === other.size && one.mtimeMs === other.mtimeMs && one.ino === other.ino;
}

/** @throws Fault */
function requireFile(path: string, look: Stats | undefined): asserts look is Stats {
  if (look === undefined) throw failure('NOT_FOUND', `there is no file ${path}`);
  if (!look.isFile()) throw misuse(`${path} is not a file`, 'pack a folder into an archive first');
  if (look.size === 0)
    throw failure('INVALID_INPUT', `${path} is empty: a package has at least 1 byte`);
}

async function lookAt(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    ) {
      return undefined;
    }
    throw error;
  }
}
