/** Measures how much space the disk of a store has for uploads. Changes nothing. */

import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Volume } from '../../core/publishing/pending-bytes.ts';
import { unless } from '../file-system.ts';
import { DiskLayout } from './tree/disk-layout.ts';
import { translating } from './tree/errors.ts';

/** Kept for the catalog and other programs of the machine; on a small disk, only a share of it. */
const RESERVE_BYTES = 1024 ** 3;
const RESERVE_SHARE = 0.05;
/**
 * The unit of `st_blocks` on every file system:
 * https://man7.org/linux/man-pages/man3/stat.3type.html
 */
const BLOCK_BYTES = 512;

export class DiskVolume implements Volume {
  readonly #root: string;
  readonly #layout: DiskLayout;

  /** @param root the folder of the store */
  constructor(root: string) {
    this.#root = root;
    this.#layout = new DiskLayout(root);
  }

  /** @throws UNAVAILABLE */
  freeBytes(): Promise<number> {
    return translating('the free space of the disk', async () => {
      const { bavail, blocks, bsize } = await statfs(this.#root);
      const reserve = Math.min(RESERVE_BYTES, blocks * bsize * RESERVE_SHARE);
      return Math.max(0, Math.floor(bavail * bsize - reserve));
    });
  }

  /**
   * Multipart files have their full size from the start; only the blocks that are on disk count.
   */
  receivedBytes(): Promise<number> {
    return translating('the uploads on the disk', async () => {
      const works = (await filesIn(this.#layout.work)).map((name) => join(this.#layout.work, name));
      const uploads = (await filesIn(this.#layout.uploads)).map((name) =>
        this.#layout.upload(name, 'data'),
      );
      let bytes = 0;
      for (const path of [...works, ...uploads]) {
        const info = await unless(stat(path), 'ENOENT', 'ENOTDIR');
        bytes += (info?.blocks ?? 0) * BLOCK_BYTES;
      }
      return bytes;
    });
  }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  return (await unless(readdir(folder), 'ENOENT', 'ENOTDIR')) ?? [];
}
