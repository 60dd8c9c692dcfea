/** The packageId that is made of a filename, where its publisher chooses none. */
import { createHash } from 'node:crypto';
import { EXT, type Ext, extOfFilename, PACKAGE_ID, type PackageId } from '../names.ts';
import { NO_EXT, normalName } from './filenames.ts';

const PACKAGE_ID_MAX = 128;
const HASH_DIGITS = 8;

/** The ids under which a file of this name may be recorded. */
export interface DerivedIds {
  readonly ext: Ext;
  /** The id of a new package, unless it is taken. */
  readonly first: PackageId;
  /** The id of a new package where `first` is taken by another file: it holds the filename's hash. */
  readonly second: PackageId;
  /** As releases before 0.2 made it; undefined where that is one of the others, or nothing is left. */
  readonly old: PackageId | undefined;
}

/**
 * Makes an id of a filename: the name less its ext. Where characters have to be replaced, 8 hex
 * digits of the SHA-256 of the (normal) filename are added, so that two filenames never share an id.
 */
export function derivedIds(filename: string, ext = extOfFilename(filename) ?? NO_EXT): DerivedIds {
  const name = normalName(filename);
  const stem = name.toLowerCase().endsWith(`.${ext.toLowerCase()}`)
    ? name.slice(0, -ext.length - 1)
    : name;
  const plain = stem.replace(/[^A-Za-z0-9_-]/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  const digits = createHash('sha256').update(name).digest('hex').slice(0, HASH_DIGITS);
  const kept = plain.slice(0, PACKAGE_ID_MAX - HASH_DIGITS - 1);
  const hashed = (kept === '' ? `f-${digits}` : `${kept}-${digits}`) as PackageId;
  if (plain === stem && plain !== '' && plain.length <= PACKAGE_ID_MAX)
    return { ext, first: plain as PackageId, second: hashed, old: undefined };
  const old = plain.slice(0, PACKAGE_ID_MAX);
  return { ext, first: hashed, second: hashed, old: old === '' ? undefined : (old as PackageId) };
}

/**
 * The packageIds whose record may be what `name` leads to, likeliest first: it is one of these
 * unless its publisher chose another id.
 */
export function likelyIds(name: string): readonly PackageId[] {
  const { first, second, old } = derivedIds(name);
  const dot = name.indexOf('.');
  const ofAlias =
    dot > 0 && EXT.test(name.slice(dot + 1)) && PACKAGE_ID.test(name.slice(0, dot))
      ? (name.slice(0, dot) as PackageId)
      : undefined;
  const ids = [first, ofAlias, second, old].filter((id) => id !== undefined);
  return [...new Set(ids)];
}
