/**
 * Rules about Node's file system that several rooms need: codes of its errors, and syncing a
 * folder.
 */
import type * as fs from 'node:fs/promises';

/** A code such as `ENOENT`; undefined for other errors. */
export function errnoOf(error: unknown): string | undefined {
  // Not by `instanceof`: in jest, errors of Node come from another realm.
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Awaits `work`. @returns undefined when it failed with one of `codes` */
export async function unless<Result>(
  work: Promise<Result>,
  ...codes: readonly string[]
): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codes.includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** Makes the names in a folder survive a power failure. Does nothing if the folder is gone. */
export async function syncFolder(
  fileSystem: Pick<typeof fs, 'open'>,
  folder: string,
): Promise<void> {
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
