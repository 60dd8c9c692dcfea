/** Finds the one file of a version that is for a platform: what download buttons and install scripts ask for. */
import { ServiceError } from '../errors.ts';
import { publicNameOf } from '../naming/filenames.ts';
import { isCompanion, parseArch, parseOs } from '../platforms.ts';
import type { PackageRecord } from '../records.ts';

export interface PlatformWish {
  readonly os: string;
  readonly arch: string;
  readonly libc?: string | undefined;
  readonly bundle?: string | undefined;
  readonly ext?: string | undefined;
}

/**
 * A file for `any` or `universal` arch counts where none is for this arch alone.
 * @throws NOT_FOUND where there is none, CONFLICT that names the candidates where there are several
 */
export function findForPlatform(
  records: readonly PackageRecord[],
  wish: PlatformWish,
): PackageRecord {
  const os = parseOs(wish.os);
  const arch = parseArch(wish.arch);
  const fitting = records.filter(
    (record) =>
      os !== undefined &&
      arch !== undefined &&
      record.os === os &&
      (record.arch === arch || record.arch === 'any' || record.arch === 'universal') &&
      !isCompanion(record.filename) &&
      (wish.libc === undefined || record.libc === undefined || record.libc === wish.libc) &&
      (wish.bundle === undefined || record.bundle === wish.bundle) &&
      (wish.ext === undefined || record.ext === wish.ext),
  );
  const exact = narrow(fitting, (record) => record.arch === arch);
  const candidates = narrow(exact, (record) => wish.libc === record.libc);
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return only;
  const what = `${wish.os}/${wish.arch}`;
  if (only === undefined) throw new ServiceError('NOT_FOUND', `there is no file for ${what}`);
  const names = candidates.map(publicNameOf).sort().join(', ');
  throw new ServiceError(
    'CONFLICT',
    `several files are for ${what}: ${names}; choose with ?libc=, ?bundle= or ?ext=`,
  );
}

/** Those that fit better, where there are such. */
function narrow(
  records: readonly PackageRecord[],
  fits: (record: PackageRecord) => boolean,
): readonly PackageRecord[] {
  const better = records.filter(fits);
  return better.length > 0 ? better : records;
}
