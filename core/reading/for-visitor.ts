/** Chooses the one file that a download button offers to a visitor, of whose computer little is known. */
import { publicNameOf } from '../naming/filenames.ts';
import { type Arch, guessPlatform, isCompanion, type Os, type Platform } from '../platforms.ts';
import type { PackageRecord } from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';

export interface Visitor {
  readonly os?: Os;
  readonly arch?: Arch;
}

/** What a visitor can start without knowing more, the easiest first; an archive comes last. */
const EASIEST: Readonly<Record<Os, readonly (string | undefined)[]>> = {
  windows: ['exe', 'msi', 'msix', 'zip'],
  macos: ['dmg', 'pkg', 'app', 'zip'],
  // An archive runs on every distribution, a deb on some.
  linux: ['appimage', undefined, 'deb', 'rpm', 'flatpak', 'snap'],
  freebsd: [],
  android: ['apk'],
  ios: ['ipa'],
};

/** Where the arch is not known: what runs everywhere, then what most have today. */
const LIKELIEST: Readonly<Record<Os, readonly Arch[]>> = {
  windows: ['universal', 'any', 'x64', 'x86', 'arm64'],
  macos: ['universal', 'any', 'arm64', 'x64'],
  linux: ['universal', 'any', 'x64', 'arm64'],
  freebsd: ['universal', 'any', 'x64', 'arm64'],
  android: ['universal', 'any', 'arm64', 'armv7'],
  ios: ['universal', 'any', 'arm64'],
};

/**
 * Which computers a file is for: as its publisher said, otherwise as its name says, if that names an
 * os. A number alone (`386`) is more often a number than an arch.
 */
export function platformOf(record: PackageRecord): Platform {
  const { os, arch, libc, bundle } = record;
  if (os !== undefined || arch !== undefined) return withoutUndefined({ os, arch, libc, bundle });
  const guess = guessPlatform(publicNameOf(record));
  return guess.os === undefined ? {} : guess;
}

/** @returns undefined where no file surely runs there */
export function findForVisitor(
  records: readonly PackageRecord[],
  { os, arch }: Visitor,
): PackageRecord | undefined {
  if (os === undefined) return undefined;
  const archs = arch === undefined ? LIKELIEST[os] : [arch, 'universal', 'any'];
  const ranked = records.flatMap((record) => {
    const platform = platformOf(record);
    const isOffered =
      record.state === 'available' && record.damage === undefined && !isCompanion(record.filename);
    const archRank = archs.indexOf(platform.arch ?? 'any');
    if (!isOffered || platform.os !== os || archRank < 0) return [];
    const bundleRank = placeIn(EASIEST[os], platform.bundle);
    return [{ record, ranks: [archRank, bundleRank, platform.libc === 'musl' ? 1 : 0] }];
  });
  ranked.sort(
    (left, right) =>
      compareRanks(left.ranks, right.ranks) ||
      (left.record.packageId < right.record.packageId ? -1 : 1),
  );
  return ranked[0]?.record;
}

function placeIn<Item>(list: readonly Item[], item: Item): number {
  const at = list.indexOf(item);
  return at < 0 ? list.length : at;
}

function compareRanks(left: readonly number[], right: readonly number[]): number {
  for (const [index, rank] of left.entries()) {
    const difference = rank - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
