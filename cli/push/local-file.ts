/** A file that is about to be pushed: read piece by piece into buffers that are used again, and watched for changes. */
import type { Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { UploadSource } from '../../client/upload-source.ts';
import { failure, misuse } from '../output/fault.ts';

type Look = Pick<Stats, 'size' | 'mtimeMs' | 'ino'>;

/** Names a stretch of a file, and holds none of its bytes: from `start` up to, not including, `end`. */
export interface FileSlice {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly size: number;
}

const PIECE_BYTES = 1024 * 1024;

/**
 * Its size is what `stat` says, and its bytes are read by offset. No Blob has a part in it: Node's have sizes and offsets of 32 bits
 * where a file is behind them.
 */
export class LocalFile implements UploadSource<FileSlice> {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #look: Look;
  /** Buffers that nobody reads into at the moment. */
  readonly #spare: Buffer[] = [];

  private constructor(path: string, handle: FileHandle, look: Look) {
    this.path = path;
    this.#handle = handle;
    this.#look = look;
  }

  /** @throws Fault where it is no file, or an empty one */
  static async open(path: string): Promise<LocalFile> {
    // Looked at before it is opened: opening a pipe would wait for who writes to it.
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

  slice(start: number, end: number): FileSlice {
    const [from, to] = [Math.min(start, this.size), Math.min(end, this.size)];
    return { path: this.path, start: from, end: to, size: to - from };
  }

  /**
   * The bytes of a slice of this file, piece by piece. A piece holds its bytes until the next but one is asked for: the next is
   * read while this one is worked on.
   * @throws Error where the file has changed before or meanwhile, or the slice is of another file
   */
  async *readSlice({ path, start, end }: FileSlice): AsyncGenerator<Buffer> {
    if (path !== this.path) throw new TypeError(`${path} is not ${this.path}`);
    await this.#requireUnchanged();
    yield* this.read(start, end);
    await this.#requireUnchanged();
  }

  /** As `readSlice`, by offsets, and without a look at whether it is the same file. @throws Error where the file ends before `end` */
  async *read(start = 0, end = this.size): AsyncGenerator<Buffer> {
    const buffers = [this.#buffer(), this.#buffer()] as const;
    let [now, ahead] = buffers;
    let coming = this.#fill(now, start, end);
    for (let at = start; at < end; ) {
      const piece = await coming;
      at += piece.length;
      // Whoever stops reading here hears of no fault in what it did not ask for.
      coming = this.#fill(ahead, at, end);
      coming.catch(() => undefined);
      [now, ahead] = [ahead, now];
      yield piece;
    }
    await coming;
    // Not where the reader has stopped before: it may still be sending what it got.
    this.#spare.push(...buffers);
  }

  /** Whether its size, its time of change or the file itself is another by now. */
  async hasChanged(): Promise<boolean> {
    const now = await lookAt(this.path);
    const { size, mtimeMs, ino } = this.#look;
    return now === undefined || now.size !== size || now.mtimeMs !== mtimeMs || now.ino !== ino;
  }

  close(): Promise<void> {
    return this.#handle.close();
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
