/**
 * Prepares a disk store when it is opened: creates its folders, and finds out if case is ignored.
 */

import { syncFolder, unless } from '../file-system.ts';
import type { DiskLayout } from './tree/disk-layout.ts';
import type { FileSystem } from './tree/file-system.ts';

export async function makeFolders(
  fileSystem: FileSystem,
  root: string,
  layout: DiskLayout,
): Promise<void> {
  await fileSystem.mkdir(layout.packages, { recursive: true });
  await fileSystem.mkdir(layout.own, { recursive: true, mode: 0o700 });
  for (const folder of [layout.work, layout.uploads, layout.arrived]) {
    await fileSystem.mkdir(folder, { recursive: true });
  }
  for (const folder of [layout.own, root]) await syncFolder(fileSystem, folder);
}

/** Whether the file system ignores case: it then finds `.stowage` as `.STOWAGE`. */
export async function findsOtherSpelling(
  fileSystem: FileSystem,
  layout: DiskLayout,
): Promise<boolean> {
  const other = await unless(fileSystem.lstat(layout.ownInCapitals, { bigint: true }), 'ENOENT');
  return (
    other !== undefined && other.ino === (await fileSystem.lstat(layout.own, { bigint: true })).ino
  );
}
