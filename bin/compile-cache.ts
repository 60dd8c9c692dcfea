/**
 * Chooses the folder that keeps compiled code between starts. Node runs what it finds there, so
 * only this user may be able to write to it. Without such a folder nothing is kept, and starts take
 * longer.
 */
import { lstatSync, mkdirSync, realpathSync, type Stats } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { basename, dirname, isAbsolute, join } from 'node:path';
import envPaths from 'env-paths';

const ROOT = 0;
const WRITABLE_BY_OTHERS = 0o022;
const OPEN_TO_OTHERS = 0o077;
/** In such a folder (/tmp) only the owner of an entry can rename or remove it. */
const STICKY = 0o1000;

/**
 * NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE take precedence: Node has already read them.
 */
export function keepCompiledCode(): void {
  const { NODE_COMPILE_CACHE: chosen, NODE_DISABLE_COMPILE_CACHE: disabled } = process.env;
  if (chosen || disabled) return;
  const folder = ownFolder(
    join(envPaths('stowage', { suffix: '' }).cache, 'compile-cache'),
    process.geteuid?.(),
  );
  if (folder !== undefined) enableCompileCache(folder);
}

/**
 * Makes a folder that only `userId` can write, with at most two of the folders above it.
 * @param userId undefined on Windows, where the folders of a profile belong to their user alone
 * @returns the path without links, or undefined if other users could change what is in the folder
 */
export function ownFolder(path: string, userId: number | undefined): string | undefined {
  // A relative path would depend on the folder in which the command runs.
  if (!isAbsolute(path)) return undefined;
  const missing = [dirname(dirname(path)), dirname(path), path].map((folder) => basename(folder));
  try {
    let folder = realpathSync(dirname(dirname(dirname(path))));
    if (!lineage(folder).every((one) => isSafe(lstatSync(one), userId))) return undefined;
    for (const name of missing) {
      folder = join(folder, name);
      // `recursive` only because it accepts an existing folder; the folder above exists.
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (!isSafe(lstatSync(folder), userId)) return undefined;
    }
    return isPrivate(lstatSync(folder), userId) ? folder : undefined;
  } catch {
    // A home folder that is missing, read-only or full must not stop the command.
    return undefined;
  }
}

/** The folder and all folders above it. */
function lineage(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [...lineage(parent), folder];
}

/** Whether only the user and root can replace the folder and what is in it. */
function isSafe(look: Stats, userId: number | undefined): boolean {
  if (!look.isDirectory()) return false;
  if (userId === undefined) return true;
  const isClosed = (look.mode & WRITABLE_BY_OTHERS) === 0 || (look.mode & STICKY) !== 0;
  return isClosed && (look.uid === userId || look.uid === ROOT);
}

function isPrivate(look: Stats, userId: number | undefined): boolean {
  return userId === undefined || (look.uid === userId && (look.mode & OPEN_TO_OTHERS) === 0);
}
