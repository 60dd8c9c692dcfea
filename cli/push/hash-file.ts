/** Hashes a file that is going to be pushed, and notices if it changes. */
import type { Session } from '../command/cli.ts';
import { isInterruption } from '../command/explain.ts';
import { type Fault, failure } from '../output/fault.ts';
import type { Progress } from '../output/progress.ts';
import { type Hashed, hashChunks } from './hash-chunks.ts';
import { LocalFile, type Look } from './local-file.ts';
import type { PushItem } from './plan/plan-push.ts';

/** A file to push, and what was read of it. */
export interface HashedItem extends PushItem {
  readonly size: number;
  /** Undefined: hashed while it is sent. */
  readonly sha256?: string;
  /** If the file looks different when it is sent, it has changed. */
  readonly look: Look;
}

/** @throws Fault FILE_CHANGED if the file changes while it is read */
export async function hashFile<Item extends PushItem>(
  { signal }: Pick<Session, 'signal'>,
  item: Item,
  progress: Progress,
): Promise<Item & HashedItem & { readonly sha256: string }> {
  const file = await LocalFile.open(item.path);
  try {
    const { size, sha256 } = await hashWhole(file, (bytes) => {
      signal.throwIfAborted();
      progress.show('hashing', bytes);
    });
    if (size === file.size && !(await file.hasChanged()))
      return { ...item, size, sha256, look: file.look };
  } catch (error) {
    if (isInterruption(error) || !(await file.hasChanged())) throw error;
    throw changed(item.path, 'while it was read', error);
  } finally {
    await file.close();
  }
  throw changed(item.path, 'while it was read');
}

/** Bytes that a thread hashes at a time. */
const RANGE_BYTES = 16 * 1024 * 1024;

async function hashWhole(file: LocalFile, onBytes: (bytes: number) => void): Promise<Hashed> {
  const thread = await file.hashInThread();
  if (thread === undefined) return hashChunks(file.read(), onBytes);
  const { size } = file;
  for (let at = 0; at < size; at += RANGE_BYTES) {
    const end = Math.min(at + RANGE_BYTES, size);
    await thread.next(at, end, false);
    onBytes(end);
  }
  return { size, sha256: await thread.whole() };
}

/** Looks at a file that will be hashed while it is sent. @throws Fault if it is none, or empty */
export async function lookAtFile(item: PushItem): Promise<HashedItem> {
  const file = await LocalFile.open(item.path);
  await file.close();
  return { ...item, size: file.size, look: file.look };
}

type When = 'while it was read' | 'after it was read' | 'while it was sent';

export function changed(path: string, when: When, cause?: unknown): Fault {
  return failure('FILE_CHANGED', `${path} changed ${when}`, {
    hint: 'nothing of it was published; push it again when no other program writes to it',
    cause,
  });
}
