/**
 * Names files for servers of releases before 0.2, which need a packageId and an ext, and know no
 * platforms.
 */
import { basename } from 'node:path';
import { extOfFilename } from '../../../core/names.ts';
import { misuse } from '../../output/fault.ts';
import type { PushItem } from './plan-push.ts';

const PACKAGE_ID_MAX = 128;

/** @throws Fault (misuse) if a name cannot be derived, or two files would become one package */
export function withOldNames<Item extends PushItem>(items: readonly Item[]): readonly Item[] {
  const named = items.map((item) => ({ ...item, ...oldNamesOf(item), platform: {} }));
  const byId = new Map<string, PushItem>();
  for (const item of named) {
    const other = byId.get(item.packageId);
    if (other !== undefined) {
      throw misuse(
        `${other.path} and ${item.path} would both be package ${item.packageId} on this server, which is of an older release`,
        'push them one by one with --package, or update the server; nothing has been sent',
      );
    }
    byId.set(item.packageId, item);
  }
  return named;
}

function oldNamesOf(item: PushItem): { readonly packageId: string; readonly ext: string } {
  const ext = extFor(item);
  return { packageId: item.packageId ?? packageIdOf(item, ext), ext };
}

/** The given ext, else that of the download name, else that of the file. */
function extFor({ path, filename, ext }: PushItem): string {
  const found = ext ?? extOfFilename(filename) ?? extOfFilename(basename(path));
  if (found !== undefined) return found;
  throw misuse(
    `${path} has no ext that is allowed, and this server, which is of an older release, needs one`,
    'name one with --ext, such as --ext bin; nothing has been sent',
  );
}

/**
 * The file's name without its ext. Characters that an id cannot hold become `-`, and it begins with
 * a letter or digit.
 */
function packageIdOf({ path }: PushItem, ext: string): string {
  const name = basename(path);
  const own = extOfFilename(name) ?? ext;
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
