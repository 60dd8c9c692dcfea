/** What commands work on: `1.4.0`, `1.4.0/linux-x64` or `1.4.0/linux-x64.tar.gz`. */
import { isServiceError } from '../../core/errors.ts';
import { parseExt, parsePackageId, parseVersionId, type VersionId } from '../../core/names.ts';
import { misuse } from '../output/fault.ts';

export interface PackageTarget {
  readonly versionId: string;
  readonly packageId: string;
  /** As given by the user; must match the stored package. */
  readonly ext: string | undefined;
}

/** @throws Fault (misuse) */
export function parsePackageTarget(text: string): PackageTarget {
  const slash = text.indexOf('/');
  if (slash < 0)
    throw misuse(`must be VERSION/PACKAGE, such as 1.4.0/linux-x64, got ${JSON.stringify(text)}`);
  return { versionId: parseVersion(text.slice(0, slash)), ...parseFile(text.slice(slash + 1)) };
}

/** @throws Fault (misuse) */
export function parseFile(file: string): Omit<PackageTarget, 'versionId'> {
  const dot = file.indexOf('.');
  return asMisuse(() => ({
    packageId: parsePackageId(dot < 0 ? file : file.slice(0, dot)),
    ext: dot < 0 ? undefined : parseExt(file.slice(dot + 1)),
  }));
}

/** @throws Fault (misuse) */
export function parseVersion(text: string): VersionId {
  return asMisuse(() => parseVersionId(text));
}

/** @throws Fault (misuse) if the ext of the package is not the one in the target */
export function requireExt(
  { versionId, packageId, ext }: PackageTarget,
  found: { readonly ext: string },
): void {
  if (ext === undefined || ext === found.ext) return;
  throw misuse(`${versionId} has no ${packageId}.${ext}: ${packageId} has the ext ${found.ext}`);
}

function asMisuse<Parsed>(parse: () => Parsed): Parsed {
  try {
    return parse();
  } catch (error) {
    throw isServiceError(error, 'INVALID_INPUT') ? misuse(error.message) : error;
  }
}
