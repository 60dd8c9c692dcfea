/** Tests what the disk store relies on in a file system, in a folder of its own beside `packages/`. */

import * as fileSystem from 'node:fs/promises';
import { link, lstat, mkdir, open, readFile, rename, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trial } from '../../core/doctor/examine.ts';
import { kept, notKept, type TrialResult } from '../../core/doctor/report.ts';
import { syncFolder } from '../../storage/file-system.ts';

export interface DiskBench {
  /** A folder on the file system of the storage, which the first trial makes and the others fill. */
  readonly folder: string;
  readonly maxPackageBytes: number;
}

const GROUP = 'The folder';
const OTHER_DISK = 'use a folder on a local file system';
/** The longest possible name: a packageId of 128 characters, a dot, and an ext of three times 16. */
const LONG_NAME = `${'p'.repeat(128)}.${'e'.repeat(16)}.${'e'.repeat(16)}.${'e'.repeat(16)}`;
const RACERS = 8;

export const DISK: readonly Trial<DiskBench>[] = [
  {
    id: 'disk-write',
    group: GROUP,
    promise: 'files can be written, read and made to last (fsync of file and folder)',
    need: 'always',
    otherwise:
      'let the user of the service read and write there, or name another folder in STORAGE_LOCAL_PATH',
    async attempt({ folder }) {
      await mkdir(folder);
      const path = join(folder, 'written');
      const file = await open(path, 'wx');
      try {
        await file.writeFile('bytes');
        await file.sync();
      } finally {
        await file.close();
      }
      await syncFolder(fileSystem, folder);
      return String(await readFile(path)) === 'bytes'
        ? kept('they are')
        : notKept('other bytes are read');
    },
  },
  {
    id: 'disk-no-overwrite',
    group: GROUP,
    promise: `of ${RACERS} links to one name at once one is made, and nothing is overwritten`,
    need: 'always',
    otherwise: `a published file could be replaced: ${OTHER_DISK}`,
    after: 'disk-write',
    attempt: linksOnce,
  },
  {
    id: 'disk-rename',
    group: GROUP,
    promise: 'a file can be moved from one folder to another in one step',
    need: 'always',
    otherwise: OTHER_DISK,
    after: 'disk-write',
    async attempt({ folder }) {
      const [from, to] = [join(folder, 'from'), join(folder, 'to')];
      for (const path of [from, to]) await mkdir(path);
      await writeFile(join(from, 'file'), 'bytes');
      await rename(join(from, 'file'), join(to, 'file'));
      return kept(`${(await lstat(join(to, 'file'))).size} bytes are there`);
    },
  },
  {
    id: 'disk-long-names',
    group: GROUP,
    promise: `names of ${LONG_NAME.length} characters are taken`,
    need: 'never',
    otherwise: 'packages with such names are refused; shorter ones work',
    after: 'disk-write',
    async attempt({ folder }) {
      await writeFile(join(folder, LONG_NAME), '');
      return kept('they are');
    },
  },
  {
    id: 'disk-case',
    group: GROUP,
    promise: 'names that differ only in case are different files',
    need: 'never',
    otherwise: 'Stowage refuses a package whose name differs from another only in case',
    after: 'disk-write',
    async attempt({ folder }) {
      await writeFile(join(folder, 'case'), '');
      await writeFile(join(folder, 'CASE'), 'other');
      return (await lstat(join(folder, 'case'))).size === 0
        ? kept('they are')
        : notKept('they are one file');
    },
  },
  {
    id: 'disk-space',
    group: GROUP,
    promise: 'there is room for a package of MAX_PACKAGE_BYTES',
    need: 'never',
    otherwise: 'an upload that does not fit is answered with 507 OUT_OF_SPACE, and leaves nothing',
    after: 'disk-write',
    async attempt({ folder, maxPackageBytes }) {
      const { bavail, bsize } = await statfs(folder);
      const seen = `${Math.floor((bavail * bsize) / 1024 ** 3)} GiB are free`;
      return bavail * bsize >= maxPackageBytes ? kept(seen) : notKept(seen);
    },
  },
];

async function linksOnce({ folder }: DiskBench): Promise<TrialResult> {
  const sources = Array.from({ length: RACERS }, (_, racer) => join(folder, `racer-${racer}`));
  for (const source of sources) await writeFile(source, source);
  const target = join(folder, 'linked');
  const outcomes = await Promise.allSettled(sources.map((source) => link(source, target)));
  const winners = sources.filter((_, racer) => outcomes[racer]?.status === 'fulfilled');
  const seen = `${winners.length} of ${RACERS} links were made`;
  const [winner] = winners;
  return winners.length === 1 && String(await readFile(target)) === winner
    ? kept(seen)
    : notKept(seen);
}
