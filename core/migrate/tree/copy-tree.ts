/** Copies a tree of packages that no catalog knows of: both sides are listed in the order of their keys and held against each other. */

import type { NewId } from '../../clock.ts';
import { type PackageKey, parsePackageKey } from '../../names.ts';
import type { BlobInfo, UploadTerms } from '../../ports/blob-store.ts';
import { statOfOurs } from '../../proof/cleanup.ts';
import { dispositionOf, termsOf } from '../../proof/terms.ts';
import { isChosen, type VersionFilter } from '../catalog-records.ts';
import { bytesOf, type CopyDeps } from '../copy/copy.ts';
import { copyBlob } from '../copy/copy-blob.ts';
import { type CopyResult, mayPass } from '../copy/outcome.ts';
import { inParallel } from '../in-parallel.ts';
import { type FileResult, measure } from '../timed.ts';

export interface CopyTreeOptions extends VersionFilter {
  /** Files at once. */
  readonly concurrency: number;
  readonly dryRun?: boolean | undefined;
}

export interface CopyTreeDeps extends CopyDeps {
  readonly newId: NewId;
  /** Told of what lies in the source and is no package. */
  readonly onForeignFile?: ((name: string, what: string) => void) | undefined;
  /** Told of every file that is in the target under proof; what it answers becomes the outcome. @default nobody is told */
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

/** What no catalog tells of a file. RFC 9110 section 8.3 has this type for bytes of which nothing is known. */
const UNKNOWN_TYPE = 'application/octet-stream';

/** A file of the source, and what the target holds under its key. */
export interface Pair {
  readonly source: BlobInfo;
  readonly standing: BlobInfo | undefined;
}

/** Files that could not be copied for a reason that passes are tried again by another pass, for as long as passes get anywhere. */
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

/** Those alone, which are few, by looking at each. */
async function* pairsOf(
  { from, to }: CopyTreeDeps,
  keys: ReadonlySet<PackageKey>,
): AsyncGenerator<Pair, void, void> {
  for (const key of [...keys]) {
    const source = await statOfOurs(from.store, key);
    if (source !== undefined) yield { source, standing: await statOfOurs(to.store, key) };
  }
}

/** Both lists are in the order of the keys' bytes: no list is held in memory, and nobody is asked twice. */
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
  // What a list tells is less than what the store knows.
  const looked = standing && (await to.store.stat(source.key));
  const copied = await copyBlob(deps, { source, terms }, looked);
  if (copied.outcome !== 'copied' && copied.outcome !== 'there') return copied;
  const { outcome, blob, sentBytes } = copied;
  const { sha256 } = copied.terms;
  const filename = fileNameOf(source.key);
  const entered = await enter?.({ source, blob, terms: copied.terms, filename });
  // No upload has brought it that may be given up: it is not the sweep's to remove.
  await to.store.settle(source.key);
  return { outcome, sentBytes, sha256, ...entered };
}

/** The SHA-256 of both, where the journal knows them for what stands here and there, and they are one. */
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

/** What is stored with the bytes travels along; where nothing is, only what the key says. */
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
