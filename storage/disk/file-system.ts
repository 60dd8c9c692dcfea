/** What of the file system the disk store uses, so that a test can put a failing one in its place. */
import type * as fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { unless } from './disk-errors.ts';

export type FileSystem = Pick<
  typeof fs,
  'open' | 'link' | 'unlink' | 'mkdir' | 'rmdir' | 'rm' | 'lstat' | 'readdir' | 'readFile' | 'writeFile' | 'rename'
>;

/** Makes the names in a folder last through a power failure; a folder that is gone by now has none to keep. */
export async function syncFolder(fileSystem: FileSystem, folder: string): Promise<void> {
  // Windows can't open a folder, and NTFS journals names by itself.
  if (process.platform === 'win32') return;
  const handle = await unless(fileSystem.open(folder, 'r'), 'ENOENT');
  if (handle === undefined) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Closes the file whatever becomes of the work. */
export async function closing<Result>(file: FileHandle, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } finally {
    await file.close();
  }
}

/** The names in a folder that can be ours: what others leave there, like `.DS_Store`, is passed over. A folder that is not there has none. */
export async function ownNames(fileSystem: FileSystem, folder: string): Promise<readonly string[]> {
  return ((await unless(fileSystem.readdir(folder), 'ENOENT')) ?? []).filter((name) => /^[A-Za-z0-9-]+$/.test(name));
}
