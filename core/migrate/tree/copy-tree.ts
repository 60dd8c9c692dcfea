/** Copies a tree of packages that no catalog knows of: both sides are listed in the order of their keys and held against each other. */
import type { NewId } from '../../clock.ts';
import { type PackageKey, parsePackageKey } from '../../names.ts';
import type { BlobInfo, UploadTerms } from '../../ports/blob-store.ts';
import { dispositionOf, termsOf } from '../../uploads/terms.ts';
import { type CopyDeps, copyBlob, sha256Of } from '../copy/copy-blob.ts';
import { inParallel } from '../in-parallel.ts';
import type { Outcome } from '../outcome.ts';
import { fingerprintOf } from '../side.ts';
import { type Result, timed } from '../timed.ts';
import { isChosen, type VersionFilter } from '../walk-records.ts';

export interface CopyTreeOptions extends VersionFilter {
  /** Files at once. */
  readonly concurrency: number;
  readonly dryRun?: boolean | undefined;
}

export interface CopyTreeDeps extends CopyDeps {
  readonly newId: NewId;
  /** Told of every file that is in the target under proof; what it answers becomes the outcome. @default nobody is told */
  readonly enter?: (file: CopiedFile) => Promise<Pick<Result, 'outcome' | 'detail'>>;
}

export interface CopiedFile {
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

export async function* copyTree(deps: CopyTreeDeps, options: CopyTreeOptions): AsyncGenerator<Outcome, void, void> {
  const { concurrency, dryRun } = options;
  const work = ({ source, standing }: Pair) =>
    timed(source, () => (dryRun === true ? plan(deps, source, standing) : copy(deps, source, standing)), deps.signal);
  yield* inParallel(pairs(deps, options), concurrency, work, deps.signal);
}

/** Both lists are in the order of the keys' bytes: no list is held in memory, and nobody is asked twice. */
export async function* pairs(
  { from, to }: Pick<CopyDeps, 'from' | 'to'>,
  filter: VersionFilter,
): AsyncGenerator<Pair, void, void> {
  const standing = to.store.list()[Symbol.asyncIterator]();
  try {
    let next = await standing.next();
    for await (const source of from.store.list()) {
      if (!isChosen(filter, parsePackageKey(source.key).versionId)) continue;
      while (next.done !== true && next.value.key < source.key) next = await standing.next();
      yield { source, standing: next.done !== true && next.value.key === source.key ? next.value : undefined };
    }
  } finally {
    await standing.return?.();
  }
}

async function plan(deps: CopyTreeDeps, source: BlobInfo, standing: BlobInfo | undefined): Promise<Result> {
  if (standing === undefined) return { outcome: 'planned', sentBytes: 0 };
  const known = await knownSha256(deps, source, standing);
  return known === undefined ? { outcome: 'planned', sentBytes: 0 } : { outcome: 'there', sentBytes: 0, sha256: known };
}

async function copy(deps: CopyTreeDeps, source: BlobInfo, standing: BlobInfo | undefined): Promise<Result> {
  const { from, newId, enter } = deps;
  const known = standing && (await knownSha256(deps, source, standing));
  if (known !== undefined && enter === undefined) return { outcome: 'there', sentBytes: 0, sha256: known };
  const sha256 = await sha256Of({ ...deps, verifyFull: false }, from, source);
  if (sha256 === undefined) {
    return { outcome: 'changed', sentBytes: 0, detail: 'the source was written or removed while it was read' };
  }
  const terms = await termsOfFile(deps, source, sha256, newId());
  // What a list tells is less than what the store knows.
  const looked = standing && (await deps.to.store.stat(source.key));
  const copied = await copyBlob(deps, { source, terms }, looked);
  if (enter === undefined || (copied.outcome !== 'copied' && copied.outcome !== 'there')) return { ...copied, sha256 };
  const entered = await enter({ blob: copied.blob, terms, filename: fileNameOf(source.key) });
  return { sentBytes: copied.sentBytes, sha256, ...entered };
}

/** The SHA-256 of both, where the journal knows them for what stands here and there, and they are one. */
async function knownSha256(deps: CopyTreeDeps, source: BlobInfo, standing: BlobInfo): Promise<string | undefined> {
  const { from, to, journal, verifyFull } = deps;
  if (verifyFull || standing.size !== source.size) return undefined;
  const here = journal.sha256Of({ place: from.place, key: source.key, fingerprint: fingerprintOf(source) });
  const there = journal.sha256Of({ place: to.place, key: source.key, fingerprint: fingerprintOf(standing) });
  return here === there ? here : undefined;
}

/** What is stored with the bytes travels along; where nothing is, only what the key says. */
async function termsOfFile(
  { from }: CopyTreeDeps,
  source: BlobInfo,
  sha256: string,
  attemptId: string,
): Promise<UploadTerms> {
  const { storedHeaders } = (await from.store.stat(source.key)) ?? source;
  const filename = fileNameOf(source.key);
  const contentType = storedHeaders?.contentType ?? UNKNOWN_TYPE;
  const usual = termsOf({ size: source.size, sha256, contentType, filename, attemptId });
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
