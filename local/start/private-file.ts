/** Writes files that hold secrets: completely or not at all, and readable only for their owner. */

import { randomUUID } from 'node:crypto';
import * as nodeFileSystem from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FileSystem } from '../../storage/disk/tree/file-system.ts';
import { syncFolder } from '../../storage/file-system.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Replaces the file; once this returns, the new one is on the disk. A file may have one writer at a
 * time: drafts of it were left by a killed process and are removed.
 */
export async function writePrivateFile(
  path: string,
  content: string | Uint8Array,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<void> {
  await removeDrafts(path, fileSystem);
  const draft = `${path}.${randomUUID()}`;
  const file = await fileSystem.open(draft, 'wx', 0o600);
  try {
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await fileSystem.rename(draft, path);
  } catch (error) {
    await fileSystem.unlink(draft);
    throw error;
  }
  await syncFolder(fileSystem, dirname(path));
}

async function removeDrafts(path: string, fileSystem: FileSystem): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const name of await fileSystem.readdir(folder)) {
    if (name.startsWith(prefix) && UUID.test(name.slice(prefix.length)))
      await fileSystem.unlink(join(folder, name));
  }
}
