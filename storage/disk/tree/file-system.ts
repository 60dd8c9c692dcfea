/**
 * The part of the file system that the disk store uses, so that a test can replace it by a failing
 * one.
 */
import { constants } from 'node:fs';
import type * as fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { unless } from '../../file-system.ts';

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
 * Flags for opening the service's own files. A symbolic link in their place is not followed
 * (ELOOP). `wx` needs no such flag, because it never follows a link.
 */
export const NO_LINKS = {
  read: O_RDONLY | O_NOFOLLOW,
  change: O_RDWR | O_NOFOLLOW,
  replace: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW,
  replaceAndRead: O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW,
} as const;

/** Reads one of the service's own files. @returns undefined if it does not exist, or is a link */
export function readOwnText(fileSystem: FileSystem, path: string): Promise<string | undefined> {
  const reading = fileSystem.readFile(path, { encoding: 'utf8', flag: NO_LINKS.read });
  return unless(reading, 'ENOENT', 'ENOTDIR', 'ELOOP');
}

/** Runs `work`, and closes the file even if it fails. */
export async function closeAfter<Result>(
  file: FileHandle,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } finally {
    await file.close();
  }
}

/**
 * The names in a folder that the service may have given. Others, such as `.DS_Store`, are left out.
 * Empty if the folder does not exist.
 */
export async function ownNames(fileSystem: FileSystem, folder: string): Promise<readonly string[]> {
  return ((await unless(fileSystem.readdir(folder), 'ENOENT')) ?? []).filter((name) =>
    /^[A-Za-z0-9-]+$/.test(name),
  );
}
