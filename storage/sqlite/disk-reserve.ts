/**
 * The reserve file: a few MiB beside the catalog that keep disk space free for yanks and deletes.
 * It is cut shorter, piece by piece, when the disk is full.
 */
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
import type { DatabaseSync } from 'node:sqlite';
import { isOutOfRoom } from './file/errors.ts';
import { type CatalogDatabaseOptions, openCatalogDatabase } from './file/open-catalog-database.ts';

/** Enough for hundreds of commits. */
const RESERVE_BYTES = 4 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants;

export class DiskReserve {
  readonly #path: string;

  /** @param path of the reserve file, on the same file system as the catalog */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Fills the file up, if that leaves as much space free again. Never throws: a service works
   * without a reserve, too.
   */
  fill(): void {
    this.#withFile(O_RDWR | O_APPEND | O_CREAT, (file) => {
      const missing = RESERVE_BYTES - fstatSync(file).size;
      const { bavail, bsize } = statfsSync(dirname(this.#path));
      if (missing <= 0 || bavail * bsize < 2 * missing) return;
      // Random bytes: a file system that compresses would keep no space for zeros.
      for (let left = missing; left > 0; left -= BLOCK_BYTES) {
        writeSync(file, randomBytes(Math.min(BLOCK_BYTES, left)));
      }
    });
  }

  /** Gives one piece back to the file system. @returns false when none was left */
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

/**
 * Opens the catalog even on a full disk, where a reader needs room for the index of the write-ahead
 * log: it releases the reserve, and in the end opens the file alone.
 */
export function openWithRoom(options: CatalogDatabaseOptions, reserve: DiskReserve): DatabaseSync {
  for (;;) {
    try {
      return openCatalogDatabase(options);
    } catch (error) {
      const { cause } = error as Error;
      if (!isOutOfRoom(cause)) throw error;
      if (!reserve.release()) return openCatalogDatabase({ ...options, alone: true });
    }
  }
}
