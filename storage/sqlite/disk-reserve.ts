/** Room on the disk that is kept free for what takes something away: a file of some MiB beside the catalog, cut shorter when nothing else fits. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Hundreds of commits. */
const RESERVE_BYTES = 4 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants;

export class DiskReserve {
  readonly #path: string;

  /** @param path of the file, on the file system of the catalog */
  constructor(path: string) {
    this.#path = path;
  }

  /** Makes the file whole where that leaves as much room again. Never throws: a service without a reserve works, too. */
  fill(): void {
    this.#withFile(O_RDWR | O_APPEND | O_CREAT, (file) => {
      const missing = RESERVE_BYTES - fstatSync(file).size;
      const { bavail, bsize } = statfsSync(dirname(this.#path));
      if (missing <= 0 || bavail * bsize < 2 * missing) return;
      // What could be compressed would not be a reserve.
      for (let left = missing; left > 0; left -= BLOCK_BYTES) {
        writeSync(file, randomBytes(Math.min(BLOCK_BYTES, left)));
      }
    });
  }

  /** Gives a piece of it back to the file system. @returns whether there was any */
  release(): boolean {
    return (
      this.#withFile(O_RDWR, (file) => {
        const { size } = fstatSync(file);
        ftruncateSync(file, Math.max(0, size - PIECE_BYTES));
        return size > 0;
      }) ?? false
    );
  }

  #withFile<Result>(flags: number, use: (file: number) => Result): Result | undefined {
    try {
      const file = openSync(this.#path, flags | O_NOFOLLOW, 0o600);
      try {
        return use(file);
      } finally {
        closeSync(file);
      }
    } catch {
      return undefined;
    }
  }
}
