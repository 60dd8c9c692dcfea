/** What commands work on: `1.4.0`, or a file of it: `1.4.0/App-1.4.0.exe`, `1.4.0/linux-x64`. */
import { isServiceError } from '../../core/errors.ts';
import { parsePackageId, parseVersionId, type VersionId } from '../../core/names.ts';
import { misuse } from '../output/fault.ts';

/** A file of a version. */
export interface FileTarget {
  readonly versionId: string;
  /** Its filename, its alias (`PACKAGE_ID.EXT`) or its package id. */
  readonly name: string;
}

/** A package by its id, which may be new. @throws Fault (misuse) */
export function parsePackageTarget(text: string): { versionId: string; packageId: string } {
  const [versionId = '', packageId = '', more] = text.split('/');
  if (more !== undefined || packageId === '')
    throw misuse(
      `must be VERSION/PACKAGE_ID, such as 1.4.0/linux-x64, got ${JSON.stringify(text)}`,
    );
  return asMisuse(() => ({
    versionId: parseVersionId(versionId),
    packageId: parsePackageId(packageId),
  }));
}

const MOST_NAME_BYTES = 1024;

/** @throws Fault (misuse) */
export function parseFileTarget(text: string): FileTarget {
  const slash = text.indexOf('/');
  if (slash < 0)
    throw misuse(
      `must be VERSION/FILE, such as 1.4.0/tool-linux-x64.tar.gz, got ${JSON.stringify(text)}`,
    );
  return { versionId: parseVersion(text.slice(0, slash)), name: parseName(text.slice(slash + 1)) };
}

/** @throws Fault (misuse) if no file can have this name */
export function parseName(name: string): string {
  const isPossible =
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    !name.includes('/') &&
    name.isWellFormed() &&
    Buffer.byteLength(name) <= MOST_NAME_BYTES;
  if (isPossible) return name;
  throw misuse(
    `must name one file: its filename, without slashes, or its package id, got ${JSON.stringify(name.slice(0, 80))}`,
    'stowage ls VERSION lists the files of a version',
  );
}

/** @throws Fault (misuse) */
export function parseVersion(text: string): VersionId {
  return asMisuse(() => parseVersionId(text));
}

/** The name of a channel is formed like a package id. @throws Fault (misuse) */
export function parseChannel(text: string): string {
  return asMisuse(() => parsePackageId(text));
}

function asMisuse<Parsed>(parse: () => Parsed): Parsed {
  try {
    return parse();
  } catch (error) {
    throw isServiceError(error, 'INVALID_INPUT') ? misuse(error.message) : error;
  }
}
