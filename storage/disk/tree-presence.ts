/** Notices when the folder of a store is gone: a disk may be unmounted while the server runs. */

import { ServiceError } from '../../core/errors.ts';
import { unless } from '../file-system.ts';
import type { DiskLayout } from './tree/disk-layout.ts';
import type { FileSystem } from './tree/file-system.ts';

export class TreePresence {
  readonly #layout: DiskLayout;
  readonly #fs: FileSystem;
  readonly #identity: string | undefined;

  private constructor(layout: DiskLayout, fileSystem: FileSystem, identity: string | undefined) {
    this.#layout = layout;
    this.#fs = fileSystem;
    this.#identity = identity;
  }

  static async of(layout: DiskLayout, fileSystem: FileSystem): Promise<TreePresence> {
    return new TreePresence(layout, fileSystem, await identityOf(layout, fileSystem));
  }

  /**
   * Costs one stat. If the folder did not exist when the store was opened (read-only stores allow
   * that), it is never missed.
   * @throws UNAVAILABLE
   */
  async require(): Promise<void> {
    if (
      this.#identity === undefined ||
      (await identityOf(this.#layout, this.#fs)) === this.#identity
    )
      return;
    throw new ServiceError(
      'UNAVAILABLE',
      `${this.#layout.packages} is gone, or another folder is in its place: mount the storage again, and restart the service if that does not help`,
    );
  }
}

/** @returns undefined if the folder does not exist */
async function identityOf(layout: DiskLayout, fileSystem: FileSystem): Promise<string | undefined> {
  const stats = await unless(
    fileSystem.lstat(layout.packages, { bigint: true }),
    'ENOENT',
    'ENOTDIR',
  );
  return stats?.isDirectory() === true ? `${stats.dev}:${stats.ino}` : undefined;
}
