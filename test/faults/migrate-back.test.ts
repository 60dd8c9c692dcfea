/**
 * Migrating back to a disk that gets full: what fits is complete, the rest is reported, and the next
 * run copies it once there is space.
 */
import * as fs from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { copyTree } from '../../core/migrate/tree/copy-tree.ts';
import type { BlobStore } from '../../core/ports/blob-store.ts';
import type { FileSystem } from '../../storage/disk/tree/file-system.ts';
import { collect, linesOf, MovingWorld } from '../core/migrate/moving-world.ts';
import { keyOf, takeAway } from '../storage/blob-contract/harness.ts';
import { filesUnder, openDiskHarness } from '../storage/disk-harness.ts';

const MIB = 1024 * 1024;

/** A file system that takes `bytes` in all, whatever they are written to. */
function fileSystemOf(bytes: number): FileSystem {
  let left = bytes;
  const open = async (...args: Parameters<typeof fs.open>) => {
    const file = await fs.open(...args);
    const writev = file.writev.bind(file);
    file.writev = (async (buffers: Parameters<typeof writev>[0], position?: number) => {
      left -= buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
      if (left < 0) throw Object.assign(new Error('ENOSPC: injected'), { code: 'ENOSPC' });
      return writev(buffers, position);
    }) as typeof file.writev;
    return file;
  };
  return { ...fs, open };
}

describe('a migration back to a disk without space', () => {
  test('keeps what fits, names the rest, leaves nothing half, and goes on once there is space', async () => {
    const world = new MovingWorld();
    const files = ['a.zip', 'b.zip', 'c.zip'];
    for (const file of files) world.memory.plant(keyOf(file), Buffer.alloc(MIB, file));
    const large = keyOf('large.zip');
    world.memory.plant(large, Buffer.alloc(40 * MIB, 'l'));
    const disk = await openDiskHarness({ fileSystem: fileSystemOf(20 * MIB) });
    const back = (store: BlobStore) => {
      const deps = { ...world.moving({ to: { place: 'disk', store } }), newId: () => 'copy' };
      return collect(copyTree(deps, { concurrency: 1 }));
    };

    const full = await back(disk.store);
    const there = await filesUnder(disk.root);
    const roomy = await disk.reopen({ fileSystem: fs, recover: false });
    const rest = await back(roomy);

    expect(linesOf(full)).toContain('1.0.0/large.zip failed');
    expect(full.find(({ key }) => key === large)).toMatchObject({ code: 'OUT_OF_SPACE' });
    expect(there.filter((file) => file.endsWith('.zip'))).toEqual(files.map((file) => keyOf(file)));
    expect(linesOf(rest)).toEqual([
      ...files.map((file) => `1.0.0/${file} there`),
      '1.0.0/large.zip copied',
    ]);
    for (const file of [...files, 'large.zip']) await takeAway(roomy, keyOf(file));
    await roomy.close();
    await disk.close();
  });
});
