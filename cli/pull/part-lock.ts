/** Lets one process at a time write to a part file, by a lock that the system frees when the process ends, however it ends. */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rm } from 'node:fs/promises';
import { isServiceError } from '../../core/errors.ts';
import { ServiceLock } from '../../storage/sqlite/service-lock.ts';

/**
 * The lock file is removed when the lock is released. Who opened it just before that would hold a lock on a file that has no name, so
 * the name must still lead to the locked file once the lock is held. To compare them, the file is open here too, from before SQLite
 * opens it until after SQLite has closed it: its inode is not used again meanwhile, and no lock is lost by closing it.
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

  /** @returns `held` where another process has it, `unsupported` where files can't be locked there */
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
    // Windows removes no file that is open; there, nobody else can have opened it and remove it here as well.
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
