/** Finds the one file of a version that is for a platform: what download buttons and install scripts ask for. */
import { ServiceError } from '../errors.ts';
import { publicNameOf } from '../naming/filenames.ts';
import { type Arch, isCompanion, parseArch, parseOs } from '../platforms.ts';
import type { PackageRecord } from '../records.ts';

export interface PlatformWish {
  readonly os: string;
  readonly arch: string;
  readonly libc?: string | undefined;
  readonly bundle?: string | undefined;
  readonly ext?: string | undefined;
}

/**
 * A file for `any` or `universal` arch counts where none is for this arch alone, and one that names no
 * arch where there is none of these either: few publishers write `x64` into the name of their only installer.
 * @param preferExts which of several is meant, where the wish names no ext
 * @throws NOT_FOUND where there is none, CONFLICT that names the candidates where there are several
 */
export function findForPlatform(
  records: readonly PackageRecord[],
  wish: PlatformWish,
  preferExts: readonly string[] = [],
): PackageRecord {
  const candidates = closestTo(records, wish);
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return only;
  const preferred = wish.ext === undefined ? preferredOf(candidates, preferExts) : undefined;
  if (preferred !== undefined) return preferred;
  const what = `${wish.os}/${wish.arch}`;
  if (only === undefined) throw new ServiceError('NOT_FOUND', `there is no file for ${what}`);
  throw severalFit(what, candidates, '?libc=, ?bundle= or ?ext=');
}

/** @param choice the queries that choose among the candidates */
export function severalFit(
  what: string,
  candidates: readonly PackageRecord[],
  choice: string,
): ServiceError {
  const names = candidates.map(publicNameOf).sort().join(', ');
  return new ServiceError(
    'CONFLICT',
    `several files are for ${what}: ${names}; choose with ${choice}`,
  );
}

/** The files that fit a platform best: none, one, or several that fit alike. */
export function closestTo(
  records: readonly PackageRecord[],
  wish: PlatformWish,
): readonly PackageRecord[] {
  const os = parseOs(wish.os);
  const arch = parseArch(wish.arch);
  const fitting = records.filter(
    (record) =>
      os !== undefined &&
      arch !== undefined &&
      record.os === os &&
      rankOf(record, arch) > 0 &&
      !isCompanion(record.filename) &&
      (wish.libc === undefined || record.libc === undefined || record.libc === wish.libc) &&
      (wish.bundle === undefined || record.bundle === wish.bundle) &&
      (wish.ext === undefined || record.ext === wish.ext),
  );
  const best = Math.max(...fitting.map((record) => rankOf(record, arch)));
  const closest = fitting.filter((record) => rankOf(record, arch) === best);
  return narrow(closest, (record) => wish.libc === record.libc);
}

/** The only file with the first of the exts that a file has. */
function preferredOf(
  candidates: readonly PackageRecord[],
  preferExts: readonly string[],
): PackageRecord | undefined {
  for (const ext of preferExts) {
    const [only, ...others] = candidates.filter((record) => record.ext === ext);
    if (only !== undefined) return others.length === 0 ? only : undefined;
  }
  return undefined;
}

/** How well the arch of a file fits: 0 if it is for another one. */
function rankOf({ arch }: PackageRecord, wanted: Arch | undefined): number {
  if (arch === wanted) return 3;
  if (arch === 'any' || arch === 'universal') return 2;
  return arch === undefined ? 1 : 0;
}

/** Those that fit better, where there are such. */
function narrow(
  records: readonly PackageRecord[],
  fits: (record: PackageRecord) => boolean,
): readonly PackageRecord[] {
  const better = records.filter(fits);
  return better.length > 0 ? better : records;
}
