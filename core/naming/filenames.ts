/**
 * Filenames: which are allowed, and which address each has. A version is one namespace of filenames
 * and aliases; a name belongs to one package.
 */
import { ServiceError } from '../errors.ts';
import type { Ext, VersionId } from '../names.ts';
import type { PackageRecord } from '../records.ts';

/** The ext of files that have none: `RELEASES`, `tool-linux-amd64`. */
export const NO_EXT = 'bin' as Ext;

/** Names under a version that the service answers itself. */
const RESERVED: ReadonlySet<string> = new Set([
  'SHA256SUMS',
  'release.intoto.jsonl',
  'release.json',
  'index.html',
]);
/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
const NAME_MAX_BYTES = 255;
/** C0, DEL and C1 controls, line and paragraph separators, bidi marks and overrides (UAX #9). */
export const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the rule is about
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/**
 * Why a file may not have this name; undefined where it may.
 * What an earlier release published under such a name stays reachable.
 */
export function whyNotFilename(filename: string): string | undefined {
  if (filename === '' || filename === '.' || filename === '..') return 'must not be empty, . or ..';
  if (!filename.isWellFormed()) return 'must be text in Unicode, without half a surrogate pair';
  if (/[/\\]/.test(filename) || INVISIBLE.test(filename))
    return 'must hold no slashes, control characters or bidi marks';
  if (new TextEncoder().encode(filename).length > NAME_MAX_BYTES)
    return `must have at most ${NAME_MAX_BYTES} bytes in UTF-8`;
  if (RESERVED.has(filename)) return 'must be another name: the service answers this one itself';
  if (/^ |[ .]$/.test(filename))
    return 'must not begin with a space or end with a space or a dot: Windows drops them';
  if (WINDOWS_DEVICE.test(filename)) return 'must not be the name of a device on Windows';
  return undefined;
}

/**
 * What names are compared by: two names that read alike are one (NFC of
 * https://unicode.org/reports/tr15/), and so are `%25` and `%`. HTTP APIs of API Gateway decode every
 * escape of a path but `%25`, other hosts decode that too, and an event does not show which it was.
 */
export function normalName(name: string): string {
  const text = name.normalize('NFC');
  return text.includes('%25') ? normalName(text.replaceAll('%25', '%')) : text;
}

/** The second name of a package in its version, and the last part of its key. */
export function aliasOf({ packageId, ext }: Pick<PackageRecord, 'packageId' | 'ext'>): string {
  return `${packageId}.${ext}`;
}

type Named = Pick<PackageRecord, 'packageId' | 'ext' | 'filename' | 'filenameTaken'>;

/** The name in the stable link, in indexes and in SHA256SUMS: the filename, where it is this package's. */
export function publicNameOf(record: Named): string {
  return record.filenameTaken === true || !record.filename.isWellFormed()
    ? aliasOf(record)
    : record.filename;
}

/** Every name that a package holds in its version, normal, each once. */
export function namesOf(record: Named): readonly string[] {
  return [...new Set([normalName(publicNameOf(record)), aliasOf(record)])];
}

/** Whether a record is what `name` leads to. */
export function isNamed(record: Named, name: string): boolean {
  return aliasOf(record) === name || normalName(publicNameOf(record)) === normalName(name);
}

/** The path of the stable link, encoded once; `+` too, which some servers read as a space. */
export function stablePath(record: Named & { readonly versionId: VersionId }): string {
  return `/packages/${encodeName(record.versionId)}/${encodeName(publicNameOf(record))}`;
}

/** One segment of a path, for every server and client alike (RFC 3986 section 3.3). */
export function encodeName(name: string): string {
  return encodeURIComponent(name).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** @throws INVALID_INPUT where a file may not have this name */
export function parseFilename(filename: string): string {
  const why = whyNotFilename(filename);
  if (why === undefined) return filename;
  throw new ServiceError(
    'INVALID_INPUT',
    `filename ${why}, got ${JSON.stringify(filename.slice(0, 80))}`,
  );
}
