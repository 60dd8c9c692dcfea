/**
 * Removes the files of a tree that no catalog knows, each only after its copy in the target was
 * proven.
 */

import { isServiceError } from '../../errors.ts';
import type { BlobInfo } from '../../ports/blob-store.ts';
import { versionOf } from '../../records.ts';
import type { CopyDeps } from '../copy/copy.ts';
import { sha256Of } from '../copy/evidence.ts';
import type { CopyResult } from '../copy/outcome.ts';
import { readSource } from '../copy/read-source.ts';
import { inParallel } from '../in-parallel.ts';
import { type FileResult, measure } from '../measure.ts';
import { type CopyTreeOptions, type Pair, pairs } from './copy-tree.ts';

export async function* removeTree(
  deps: CopyDeps,
  options: CopyTreeOptions,
): AsyncGenerator<CopyResult, void, void> {
  const work = (pair: Pair) =>
    measure(pair.source, () => remove(deps, pair, options.dryRun === true), deps);
  yield* inParallel(pairs(deps, options), options.concurrency, work, deps.signal);
}

async function remove(
  deps: CopyDeps,
  { source: listed, standing }: Pair,
  dryRun: boolean,
): Promise<FileResult> {
  if (standing === undefined) {
    return {
      outcome: 'missing',
      sentBytes: 0,
      detail: 'the target has nothing under this key: copy it first',
    };
  }
  // `stat` reports more than a list: the object version, and the store's own proof.
  const source = await deps.from.store.stat(listed.key);
  if (source === undefined) return { outcome: 'gone', sentBytes: 0 };
  const detail = await unproven(deps, source);
  if (detail !== undefined) return { outcome: 'occupied', sentBytes: 0, detail };
  if (dryRun) return { outcome: 'planned', sentBytes: 0 };
  try {
    await deps.from.store.delete(source.key, versionOf(source));
    return { outcome: 'removed', sentBytes: 0 };
  } catch (error) {
    if (!isServiceError(error, 'CONFLICT')) throw error;
    return {
      outcome: 'changed',
      sentBytes: 0,
      detail: `the source was changed meanwhile: ${error.message}`,
    };
  }
}

/** Why the target cannot be relied on; undefined if it holds what the source holds. */
async function unproven(deps: CopyDeps, source: BlobInfo): Promise<string | undefined> {
  const standing = await deps.to.store.stat(source.key);
  if (standing?.size !== source.size) return 'the target holds other bytes than the source';
  const here = await readSource(() => sha256Of(deps, deps.from, source));
  const there = await sha256Of(deps, deps.to, standing);
  if (here !== undefined && here === there) return undefined;
  return `the target holds sha256 ${there ?? 'none'}, and the source ${here ?? 'none'}`;
}
