/** Reads the files of the console as they were built. The executable has its own form of this module. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errnoOf } from '../../storage/file-system.ts';

/** Beside the sources and, in the package, beside what was compiled from them. */
const FOLDER = fileURLToPath(new URL('../../web/console/built/', import.meta.url));

/** @returns the files by name; none if the console was not built */
export async function readBuiltFiles(
  folder: string = FOLDER,
): Promise<ReadonlyMap<string, Buffer>> {
  try {
    const names = await readdir(folder);
    const files = names.map(async (name) => [name, await readFile(join(folder, name))] as const);
    return new Map(await Promise.all(files));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return new Map();
    throw error;
  }
}
