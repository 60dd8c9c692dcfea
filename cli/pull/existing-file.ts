/** Looks at the file that may already exist where a pulled file will be written. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Session } from '../command/cli.ts';
import { type Fault, failure } from '../output/fault.ts';
import type { Progress } from '../output/progress.ts';
import { hashChunks } from '../push/hash-chunks.ts';
import type { PullItem } from './plan-pull.ts';

/** Whether the file already exists with exactly the published bytes. */
export async function isThere(
  { signal }: Session,
  { path, link }: PullItem,
  progress: Progress,
): Promise<boolean> {
  const found = await statIfThere(path);
  if (found?.isFile() !== true || found.size !== link.size) return false;
  const { sha256 } = await hashChunks(
    createReadStream(path, { highWaterMark: 1024 * 1024 }),
    (bytes) => {
      signal.throwIfAborted();
      progress.show('comparing', bytes);
    },
  );
  return sha256 === link.sha256;
}

/** @throws Fault FILE_EXISTS */
export async function requireFree(path: string): Promise<void> {
  if ((await statIfThere(path)) !== undefined) throw fileExists(path);
}

export function fileExists(path: string): Fault {
  return failure('FILE_EXISTS', `${path} is there, and it is another file`, {
    hint: 'move it away, pull into another folder with --out, or replace it with --force',
  });
}

async function statIfThere(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
