/** Tests every promise of a file system, in a folder that is always removed again. */

import { randomUUID } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { examine } from '../../core/doctor/examine.ts';
import type { Circumstances, Finding } from '../../core/doctor/report.ts';
import { unless } from '../../storage/file-system.ts';
import { DISK } from './disk-trials.ts';

export interface DiskOptions {
  /** STORAGE_LOCAL_PATH. */
  readonly root: string;
  readonly maxPackageBytes: number;
}

/** @throws the reason of `signal` if it is aborted, after clearing up */
export async function examineDisk(
  { root, maxPackageBytes }: DiskOptions,
  circumstances: Circumstances,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const parent = await nearest(resolve(root));
  const folder = join(parent, `.stowage-doctor-${randomUUID()}`);
  try {
    return await examine(DISK, { folder, maxPackageBytes }, circumstances, signal);
  } finally {
    // If a file was in the way, no folder was made.
    await unless(rm(folder, { recursive: true, force: true }), 'ENOTDIR');
  }
}

/** The part of the path that exists. The service makes the rest when it starts. */
async function nearest(path: string): Promise<string> {
  const found = await unless(stat(path), 'ENOENT');
  return found !== undefined || dirname(path) === path ? path : nearest(dirname(path));
}
