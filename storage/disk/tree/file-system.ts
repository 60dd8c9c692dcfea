/** What of the file system the disk store uses, so that a test can put a failing one in its place. */
import { constants } from 'node:fs';
import type * as fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { unless } from './errors.ts';

export type FileSystem = Pick<
  typeof fs,
  | 'open'
  | 'link'
  | 'unlink'
  | 'mkdir'
  | 'rmdir'
  | 'rm'
  | 'lstat'
  | 'readdir'
  | 'readFile'
  | 'writeFile'
  | 'rename'
>;

const { O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;

/**
 * How the service opens its own files: a symbolic link that somebody put in their place is not followed (ELOOP). A file that is made with `wx`
 * needs none of these: that never follows a link.
 */
export const NO_LINKS = {
  read: O_RDONLY | O_NOFOLLOW,
  change: O_RDWR | O_NOFOLLOW,
  replace: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW,
  replaceAndRead: O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW,
} as const;

/** The text of one of the service's own files; undefined where there is none. */
export function readOwnText(fileSystem: FileSystem, path: string): Promise<string | undefined> {
  const reading = fileSystem.readFile(path, { encoding: 'utf8', flag: NO_LINKS.read });
  return unless(reading, 'ENOENT', 'ENOTDIR', 'ELOOP');
}

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
export async function closing<Result>(
  file: FileHandle,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } finally {
    await file.close();
  }
}

/** The names in a folder that can be ours: what others leave there, like `.DS_Store`, is passed over. A folder that is not there has none. */
export async function ownNames(fileSystem: FileSystem, folder: string): Promise<readonly string[]> {
  return ((await unless(fileSystem.readdir(folder), 'ENOENT')) ?? []).filter((name) =>
    /^[A-Za-z0-9-]+$/.test(name),
  );
}
