/** Files with secrets: on the disk when they are said to be, and no draft of them stays behind. */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writePrivateFile } from '../../../local/start/private-file.ts';
import type { FileSystem } from '../../../storage/disk/tree/file-system.ts';
import { temporaryFolder } from '../served.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  path = join(folder, 'admin-token');
});
afterEach(() => fs.rm(folder, { recursive: true }));

/** The file system, and what was done to make things last, in order. */
function watched(): { readonly fileSystem: FileSystem; readonly steps: string[] } {
  const steps: string[] = [];
  const nameOf = (one: string) => (one === folder ? 'folder' : one === path ? 'file' : 'draft');
  const open = async (...args: Parameters<typeof fs.open>) => {
    const handle = await fs.open(...args);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      steps.push(`sync ${nameOf(String(args[0]))}`);
      await sync();
    };
    return handle;
  };
  const rename: FileSystem['rename'] = async (from, to) => {
    steps.push(`rename ${nameOf(String(from))} to ${nameOf(String(to))}`);
    await fs.rename(from, to);
  };
  return { fileSystem: { ...fs, open, rename }, steps };
}

describe('a private file', () => {
  test('is on the disk with its name once it is written, in the place of an older one', async () => {
    await writePrivateFile(path, 'old');
    const { fileSystem, steps } = watched();

    await writePrivateFile(path, 'new', fileSystem);

    expect(steps).toEqual(['sync draft', 'rename draft to file', 'sync folder']);
    expect(await fs.readFile(path, 'utf8')).toBe('new');
    expect((await fs.stat(path)).mode & 0o777).toBe(0o600);
  });

  test('takes away the drafts that a killed process left of it, and nothing else', async () => {
    const others = [
      `url-signing-key.${randomUUID()}`,
      'admin-token.bak',
      `admin-token.old.${randomUUID()}`,
    ];
    for (const name of [`admin-token.${randomUUID()}`, `admin-token.${randomUUID()}`, ...others]) {
      await fs.writeFile(join(folder, name), 'secret');
    }

    await writePrivateFile(path, 'new');

    expect((await fs.readdir(folder)).sort()).toEqual(['admin-token', ...others].sort());
  });

  test('that can not be written leaves no draft', async () => {
    await fs.mkdir(path);

    await expect(writePrivateFile(path, 'new')).rejects.toMatchObject({ syscall: 'rename' });

    expect(await fs.readdir(folder)).toEqual(['admin-token']);
  });
});
