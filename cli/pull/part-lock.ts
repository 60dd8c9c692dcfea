/**
 * Lets one process at a time write to a part file. The system frees the lock when the process ends.
 */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rm } from 'node:fs/promises';
import { isServiceError } from '../../core/errors.ts';
import { ServiceLock } from '../../storage/sqlite/service-lock.ts';

/**
 * The lock file is removed when the lock is released. A process that opened it just before that
 * would hold a lock on a file without a name. So, once the lock is held, the name must still lead
 * to the locked file. To compare them, the file is also open here, from before SQLite opens it
 * until after SQLite has closed it: its inode is not reused meanwhile, and closing it loses no
 * lock.
 */
export class PartLock {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #lock: ServiceLock;

  private constructor(path: string, file: FileHandle, lock: ServiceLock) {
    this.#path = path;
    this.#file = file;
    this.#lock = lock;
  }

  /** @returns `held` if another process has it, `unsupported` if files cannot be locked there */
  static async acquire(path: string): Promise<PartLock | 'held' | 'unsupported'> {
    for (;;) {
      const file = await open(
        path,
        constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0),
        0o666,
      );
      try {
        const lock = ServiceLock.acquire(path);
        if (await isNamed(path, file)) return new PartLock(path, file, lock);
        lock.release();
        await file.close();
      } catch (error) {
        await file.close();
        if (!isServiceError(error)) throw error;
        return error.code === 'CONFLICT' ? 'held' : 'unsupported';
      }
    }
  }

  async release(): Promise<void> {
    // Windows does not remove an open file, so removing it fails there if another process has
    // opened it.
    const isWindows = process.platform === 'win32';
    if (!isWindows) await rm(this.#path, { force: true });
    this.#lock.release();
    await this.#file.close();
    if (isWindows) await rm(this.#path, { force: true }).catch(() => undefined);
  }
}

async function isNamed(path: string, file: FileHandle): Promise<boolean> {
  const opened = await file.stat({ bigint: true });
  const named = await lstat(path, { bigint: true }).catch(() => undefined);
  return named?.ino === opened.ino && named.dev === opened.dev;
}
