/** Decides what to say about each file, before anything is read or sent. */
import { basename } from 'node:path';
import mime from 'mime';
import { isServiceError } from '../../../core/errors.ts';
import { extOfFilename, parseExt, parsePackageId } from '../../../core/names.ts';
import { feedContentType } from '../../../core/naming/feeds.ts';
import {
  ARCH,
  guessPlatform,
  isCompanion,
  LIBC,
  OS,
  type Platform,
  parseArch,
  parseOs,
} from '../../../core/platforms.ts';
import { misuse } from '../../output/fault.ts';

export interface PlanFlags {
  readonly package?: string | undefined;
  readonly ext?: string | undefined;
  readonly filename?: string | undefined;
  /** TYPE, or FILE:TYPE. */
  readonly contentType?: readonly string[] | undefined;
  readonly os?: string | undefined;
  readonly arch?: string | undefined;
  readonly libc?: string | undefined;
  readonly bundle?: string | undefined;
}

/** A file, and what to say about it. */
export interface PushItem {
  readonly path: string;
  /** In NFC. */
  readonly filename: string;
  /** Undefined: the service makes it from the filename. */
  readonly packageId?: string;
  readonly ext?: string;
  /** Undefined: the service's default. */
  readonly contentType?: string;
  readonly platform: Platform;
}

/** @throws Fault (misuse) if a flag is wrong, or two files have one name */
export function planPush(paths: readonly string[], flags: PlanFlags): readonly PushItem[] {
  if (paths.length > 1 && (flags.package !== undefined || flags.filename !== undefined)) {
    throw misuse(`--package and --filename name one file, got ${paths.length} files`);
  }
  const types = parseContentTypes(flags.contentType ?? []);
  const platformFlags = parsePlatform(flags);
  const items = paths.map((path) => itemOf(path, flags, types, platformFlags));
  requireDistinct(items);
  requireUsed(types, items);
  return items;
}

function itemOf(
  path: string,
  flags: PlanFlags,
  types: ContentTypes,
  platformFlags: PlatformFlags,
): PushItem {
  const filename = (flags.filename ?? basename(path)).normalize('NFC');
  const ext = extOfFilename(filename) === undefined ? flags.ext : undefined;
  const contentType = types.of({ path, filename }) ?? typeOf(filename, ext);
  return {
    path,
    filename,
    ...(flags.package !== undefined && {
      packageId: parseFlag(parsePackageId, flags.package, '--package'),
    }),
    ...(ext !== undefined && { ext: parseFlag(parseExt, ext, '--ext') }),
    ...(contentType !== undefined && { contentType }),
    platform: platformOf(filename, platformFlags),
  };
}

/** Feeds have types that update clients expect. */
function typeOf(filename: string, ext: string | undefined): string | undefined {
  return (
    feedContentType(filename) ?? mime.getType(ext ?? extOfFilename(filename) ?? '') ?? undefined
  );
}

/** Names that read alike are one name: the service compares them in NFC. */
function requireDistinct(items: readonly PushItem[]): void {
  const byName = new Map<string, PushItem>();
  for (const item of items) {
    const other = byName.get(item.filename);
    if (other !== undefined) {
      throw misuse(
        `${other.path} and ${item.path} would both be called ${item.filename}`,
        'push them one by one, one of them with --filename; nothing has been sent',
      );
    }
    byName.set(item.filename, item);
  }
}

type Names = Pick<PushItem, 'path' | 'filename'>;

interface ContentTypes {
  of(item: Names): string | undefined;
  /** The files that types were given for. */
  readonly files: readonly string[];
}

/** `--content-type TYPE` for all, or `--content-type FILE:TYPE`. @throws Fault (misuse) */
function parseContentTypes(values: readonly string[]): ContentTypes {
  const byFile = new Map<string, string>();
  let forAll: string | undefined;
  for (const value of values) {
    const [, file, type] = /^(.+):([^/:\s]+\/.+)$/.exec(value) ?? [];
    if (file !== undefined && type !== undefined) byFile.set(file.normalize('NFC'), type);
    else if (!/^[^/\s]+\/[^/\s]/.test(value))
      throw misuse(`--content-type must be TYPE or FILE:TYPE, such as text/plain, got ${value}`);
    else if (forAll !== undefined)
      throw misuse(`--content-type was given twice: ${forAll} and ${value}; name files: FILE:TYPE`);
    else forAll = value;
  }
  return {
    of: ({ path, filename }) => byFile.get(path.normalize('NFC')) ?? byFile.get(filename) ?? forAll,
    files: [...byFile.keys()],
  };
}

/** @throws Fault (misuse) if a type was given for a file that is not pushed */
function requireUsed({ files }: ContentTypes, items: readonly Names[]): void {
  const known = new Set(items.flatMap(({ path, filename }) => [path.normalize('NFC'), filename]));
  const unknown = files.find((file) => !known.has(file));
  if (unknown !== undefined)
    throw misuse(`--content-type names ${unknown}, which is not among the files to push`);
}

type PlatformFlags = { readonly [Name in keyof Platform]?: Platform[Name] | 'none' };

/** The word that takes a guess away. */
const NONE = 'none';

/** @throws Fault (misuse) */
function parsePlatform({ os, arch, libc, bundle }: PlanFlags): PlatformFlags {
  const libcs: readonly string[] = LIBC;
  return {
    ...oneOf('--os', os, OS, parseOs, 'os'),
    ...oneOf('--arch', arch, ARCH, parseArch, 'arch'),
    ...oneOf('--libc', libc, LIBC, (text) => (libcs.includes(text) ? text : undefined), 'libc'),
    ...oneOf('--bundle', bundle, [], (text) => (BUNDLE.test(text) ? text : undefined), 'bundle'),
  };
}

/** As the service takes it. */
const BUNDLE = /^[a-z0-9]{1,16}$/;

function oneOf(
  flag: string,
  text: string | undefined,
  allowed: readonly string[],
  parse: (text: string) => string | undefined,
  name: keyof Platform,
): PlatformFlags {
  if (text === undefined) return {};
  const value = text === NONE ? NONE : parse(text);
  if (value !== undefined) return { [name]: value };
  const what =
    allowed.length > 0
      ? `one of: ${[...allowed, NONE].join(', ')}`
      : '1 to 16 lower-case letters and digits';
  throw misuse(`${flag} must be ${what}; got ${JSON.stringify(text)}`);
}

/** What the name says, unless flags say otherwise. Signatures and the like have no platform. */
function platformOf(filename: string, flags: PlatformFlags): Platform {
  if (isCompanion(filename)) return {};
  const all = Object.entries({ ...guessPlatform(filename), ...flags });
  return Object.fromEntries(all.filter(([, value]) => value !== NONE));
}

function parseFlag<Name>(parse: (text: string) => Name, text: string, flag: string): Name {
  try {
    return parse(text);
  } catch (error) {
    throw isServiceError(error) ? misuse(`${flag}: ${error.message}`) : error;
  }
}

/** `--metadata key=value`, any number of times. @throws Fault (misuse) */
export function parseMetadata(pairs: readonly string[]): Readonly<Record<string, string>> {
  const entries = pairs.map((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 1) throw misuse(`--metadata must be key=value, got ${JSON.stringify(pair)}`);
    return [pair.slice(0, equals), pair.slice(equals + 1)] as const;
  });
  return Object.fromEntries(entries);
}
