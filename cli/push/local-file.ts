/** A file that is about to be pushed, and whether it is still the one that we looked at. */
import { createReadStream, openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { failure, misuse } from '../fault.ts';

type Look = Pick<Awaited<ReturnType<typeof stat>>, 'size' | 'mtimeMs' | 'ino'>;

const READ_BYTES = 1024 * 1024;

export class LocalFile {
  readonly path: string;
  readonly blob: Blob;
  readonly #look: Look;

  private constructor(path: string, blob: Blob, look: Look) {
    this.path = path;
    this.blob = blob;
    this.#look = look;
  }

  /** @throws Fault where it is no file, or an empty one */
  static async open(path: string): Promise<LocalFile> {
    const look = await lookAt(path);
    if (look === undefined) throw failure('NOT_FOUND', `there is no file ${path}`);
    if (!look.isFile()) throw misuse(`${path} is not a file`, 'pack a folder into an archive first');
    if (look.size === 0) throw failure('INVALID_INPUT', `${path} is empty: a package has at least 1 byte`);
    // Node notices when the file changes after this, and then reads no more of it.
    return new LocalFile(path, await openAsBlob(path), look);
  }

  get size(): number {
    return this.blob.size;
  }

  read(): AsyncIterable<Uint8Array> {
    return createReadStream(this.path, { highWaterMark: READ_BYTES });
  }

  /** Whether its size, its time of change or the file itself is another by now. */
  async hasChanged(): Promise<boolean> {
    const now = await lookAt(this.path);
    const { size, mtimeMs, ino } = this.#look;
    return now === undefined || now.size !== size || now.mtimeMs !== mtimeMs || now.ino !== ino;
  }
}

async function lookAt(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw error;
  }
}
