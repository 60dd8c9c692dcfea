/**
 * Copies a tree of packages that no catalog knows: lists both stores in the order of their keys,
 * and compares them.
 */

import type { NewId } from '../../clock.ts';
import { type PackageKey, parsePackageKey } from '../../names.ts';
import type { BlobInfo, UploadTerms } from '../../ports/blob-store.ts';
import { statOfOurs } from '../../proof/cleanup.ts';
import { dispositionOf, termsOf } from '../../proof/proof.ts';
import { isChosen, type VersionFilter } from '../catalog-records.ts';
import { bytesOf, type CopyDeps } from '../copy/copy.ts';
import { copyBlob } from '../copy/copy-blob.ts';
import { type CopyResult, mayPass } from '../copy/outcome.ts';
import { inParallel } from '../in-parallel.ts';
import { type FileResult, measure } from '../measure.ts';

export interface CopyTreeOptions extends VersionFilter {
  /** How many files at a time. */
  readonly concurrency: number;
  readonly dryRun?: boolean | undefined;
}

export interface CopyTreeDeps extends CopyDeps {
  readonly newId: NewId;
  /** Gets the foreign files of the source. */
  readonly onForeignFile?: ((name: string, what: string) => void) | undefined;
  /**
   * Gets every file that is proven in the target. What it returns becomes the result. @default no
   * file is entered
   */
  readonly enter?: (file: CopiedFile) => Promise<Pick<FileResult, 'outcome' | 'detail'>>;
}

export interface CopiedFile {
  /** What was copied. */
  readonly source: BlobInfo;
  /** What is in the target. */
  readonly blob: BlobInfo;
  readonly terms: UploadTerms;
  readonly filename: string;
}

/** The content type of a file without one. RFC 9110 section 8.3 has this type for unknown bytes. */
const UNKNOWN_TYPE = 'application/octet-stream';

/** A file of the source, and what the target holds under its key. */
export interface Pair {
  readonly source: BlobInfo;
  readonly standing: BlobInfo | undefined;
}

/**
 * Files that failed for a reason that may pass are tried again in another pass, for as long as
 * passes make progress.
 */
export async function* copyTree(
  deps: CopyTreeDeps,
  options: CopyTreeOptions,
): AsyncGenerator<CopyResult, void, void> {
  const { concurrency, dryRun } = options;
  const work = ({ source, standing }: Pair) =>
    measure(
      source,
      () => (dryRun === true ? plan(deps, source, standing) : copy(deps, source, standing)),
      deps,
    );
  const again = new Set<PackageKey>();
  let copied = 0;
  for await (const outcome of inParallel(pairs(deps, options), concurrency, work, deps.signal)) {
    if (mayPass(outcome)) again.add(outcome.key);
    if (outcome.outcome === 'copied' || outcome.outcome === 'entered') copied += 1;
    yield outcome;
  }
  while (copied > 0 && again.size > 0 && deps.signal?.aborted !== true) {
    copied = 0;
    for await (const outcome of inParallel(pairsOf(deps, again), concurrency, work, deps.signal)) {
      if (mayPass(outcome)) continue;
      again.delete(outcome.key);
      copied += 1;
      yield outcome;
    }
  }
}

/** Looks up each of these few files. */
async function* pairsOf(
  { from, to }: CopyTreeDeps,
  keys: ReadonlySet<PackageKey>,
): AsyncGenerator<Pair, void, void> {
  for (const key of [...keys]) {
    const source = await statOfOurs(from.store, key);
    if (source !== undefined) yield { source, standing: await statOfOurs(to.store, key) };
  }
}

/**
 * Both lists have the order of the keys' bytes, so that no list is kept in memory and no file is
 * looked up.
 */
export async function* pairs(
  { from, to, onForeignFile }: Pick<CopyTreeDeps, 'from' | 'to' | 'onForeignFile'>,
  filter: VersionFilter,
): AsyncGenerator<Pair, void, void> {
  const standing = to.store.list()[Symbol.asyncIterator]();
  try {
    let next = await standing.next();
    for await (const source of from.store.list('', onForeignFile)) {
      if (!isChosen(filter, parsePackageKey(source.key).versionId)) continue;
      while (next.done !== true && next.value.key < source.key) next = await standing.next();
      yield {
        source,
        standing: next.done !== true && next.value.key === source.key ? next.value : undefined,
      };
    }
  } finally {
    await standing.return?.();
  }
}

async function plan(
  deps: CopyTreeDeps,
  source: BlobInfo,
  standing: BlobInfo | undefined,
): Promise<FileResult> {
  if (standing === undefined) return { outcome: 'planned', sentBytes: 0 };
  const known = await knownSha256(deps, source, standing);
  return known === undefined
    ? { outcome: 'planned', sentBytes: 0 }
    : { outcome: 'there', sentBytes: 0, sha256: known };
}

async function copy(
  deps: CopyTreeDeps,
  source: BlobInfo,
  standing: BlobInfo | undefined,
): Promise<FileResult> {
  const { to, journal, newId, enter } = deps;
  const known = standing && (await knownSha256(deps, source, standing));
  if (known !== undefined && enter === undefined)
    return { outcome: 'there', sentBytes: 0, sha256: known };
  const terms = {
    ...(await termsOfFile(deps, source, newId())),
    sha256: journal.sha256Of(bytesOf(deps.from, source)),
  };
  // `stat` reports more than a list.
  const looked = standing && (await to.store.stat(source.key));
  const copied = await copyBlob(deps, { source, terms }, looked);
  if (copied.outcome !== 'copied' && copied.outcome !== 'there') return copied;
  const { outcome, blob, sentBytes } = copied;
  const { sha256 } = copied.terms;
  const filename = fileNameOf(source.key);
  const entered = await enter?.({ source, blob, terms: copied.terms, filename });
  // No upload sent this file, so the sweep must not treat it as one that may be given up.
  await to.store.settle(source.key);
  return { outcome, sentBytes, sha256, ...entered };
}

/**
 * The SHA-256 of both files, if the journal knows both as they are stored now, and both are the
 * same.
 */
async function knownSha256(
  deps: CopyTreeDeps,
  source: BlobInfo,
  standing: BlobInfo,
): Promise<string | undefined> {
  const { from, to, journal, verifyFull } = deps;
  if (verifyFull || standing.size !== source.size) return undefined;
  const here = journal.sha256Of(bytesOf(from, source));
  return here !== undefined && here === journal.sha256Of(bytesOf(to, standing)) ? here : undefined;
}

/** Headers that are stored with the bytes are copied; if there are none, the key decides. */
async function termsOfFile(
  { from }: CopyTreeDeps,
  source: BlobInfo,
  attemptId: string,
): Promise<Omit<UploadTerms, 'sha256'>> {
  const { storedHeaders } =
    (from.store.keepsHeaders && (await from.store.stat(source.key))) || source;
  const filename = fileNameOf(source.key);
  const contentType = storedHeaders?.contentType ?? UNKNOWN_TYPE;
  const { sha256: _, ...usual } = termsOf({
    size: source.size,
    sha256: '',
    contentType,
    filename,
    attemptId,
  });
  return {
    ...usual,
    contentDisposition: storedHeaders?.contentDisposition ?? dispositionOf({ filename }),
    cacheControl: storedHeaders?.cacheControl ?? usual.cacheControl,
  };
}

function fileNameOf(key: PackageKey): string {
  const { packageId, ext } = parsePackageKey(key);
  return `${packageId}.${ext}`;
}
