/** Decides how files are named in the service, before anything is sent. */
import { basename } from 'node:path';
import mime from 'mime';
import { isServiceError } from '../../core/errors.ts';
import { extOfFilename, parseExt, parsePackageId } from '../../core/names.ts';
import { misuse } from '../output/fault.ts';

export interface PushFlags {
  readonly package?: string | undefined;
  readonly ext?: string | undefined;
  readonly filename?: string | undefined;
  readonly contentType?: string | undefined;
}

/** A file, and the package to publish from it. */
export interface PushItem {
  readonly path: string;
  readonly packageId: string;
  readonly ext: string;
  readonly filename: string;
  /** Undefined: the service's default. */
  readonly contentType: string | undefined;
}

const PACKAGE_ID_MAX = 128;

/** @throws Fault (misuse) if a name cannot be derived, or two files would become one package */
export function planPush(paths: readonly string[], flags: PushFlags): readonly PushItem[] {
  if (paths.length > 1 && (flags.package !== undefined || flags.filename !== undefined)) {
    throw misuse(`--package and --filename name one file, got ${paths.length} files`);
  }
  const items = paths.map((path) => itemOf(path, flags));
  const byId = new Map<string, PushItem>();
  for (const item of items) {
    const other = byId.get(item.packageId);
    if (other !== undefined) {
      throw misuse(
        `${other.path} and ${item.path} would both be package ${item.packageId}`,
        'push them one by one with --package; nothing has been sent',
      );
    }
    byId.set(item.packageId, item);
  }
  return items;
}

function itemOf(path: string, flags: PushFlags): PushItem {
  const ext = extFor(path, flags);
  const packageId =
    flags.package === undefined
      ? packageIdOf(path, flags, ext)
      : parsed(parsePackageId, flags.package, '--package');
  const filename = flags.filename ?? basename(path);
  return {
    path,
    packageId,
    ext,
    filename,
    contentType: flags.contentType ?? mime.getType(ext) ?? undefined,
  };
}

/** The given ext, else that of the download name, else that of the file. */
function extFor(path: string, flags: PushFlags): string {
  if (flags.ext !== undefined) return parsed(parseExt, flags.ext, '--ext');
  const ext = extOfFilename(flags.filename ?? '') ?? extOfFilename(basename(path));
  if (ext !== undefined) return ext;
  const what =
    flags.filename === undefined
      ? `${path} has no`
      : `neither ${flags.filename} nor ${path} has an`;
  throw misuse(`${what} ext that is allowed`, 'name one with --ext, such as --ext bin');
}

/**
 * The file's name without its ext. Characters that an id cannot hold become `-`, and it begins with
 * a letter or digit.
 */
function packageIdOf(path: string, flags: PushFlags, ext: string): string {
  const name = basename(path);
  const own = flags.ext ?? extOfFilename(name) ?? ext;
  const bare = name.toLowerCase().endsWith(`.${own.toLowerCase()}`)
    ? name.slice(0, -own.length - 1)
    : name;
  const packageId = bare
    .replace(/[^A-Za-z0-9_-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, PACKAGE_ID_MAX);
  if (packageId === '')
    throw misuse(`no package id can be made of ${path}`, 'name one with --package');
  return packageId;
}

function parsed<Name>(parse: (text: string) => Name, text: string, flag: string): Name {
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
