/** Which package a publisher means: its ids and names, and what the catalog holds under them. */
import { ServiceError } from '../errors.ts';
import {
  type Ext,
  extOfFilename,
  type PackageId,
  packageKey,
  parsePackageId,
  type VersionId,
} from '../names.ts';
import { feedContentType } from '../naming/feeds.ts';
import {
  aliasOf,
  NO_EXT,
  namesOf,
  normalName,
  parseFilename,
  publicNameOf,
} from '../naming/filenames.ts';
import { derivedIds } from '../naming/package-ids.ts';
import type { Platform } from '../platforms.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { PackageRecord } from '../records.ts';
import type { Limits } from '../settings.ts';
import { withoutUndefined } from '../without-undefined.ts';

/** What a publisher says about a file. Every text has been parsed. */
export interface WantedName {
  readonly packageId?: PackageId | undefined;
  readonly ext?: Ext | undefined;
  readonly filename?: string | undefined;
  /** Bytes, at least 1. */
  readonly size: number;
  /** Absent where the publisher knows it only once the last part was read. */
  readonly sha256?: string | undefined;
}

export interface Wanted extends WantedName {
  /** @default that of feeds, else application/octet-stream */
  readonly contentType?: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly platform?: { readonly [Name in keyof Platform]: Platform[Name] | undefined } | undefined;
}

/** The fields of a record that follow from what its publisher said. */
export type Draft = Pick<
  PackageRecord,
  | 'versionId'
  | 'packageId'
  | 'ext'
  | 'key'
  | 'size'
  | 'sha256'
  | 'filename'
  | 'contentType'
  | 'metadata'
> &
  Platform;

export interface IdentifyDeps {
  readonly catalog: Pick<Catalog, 'getPackage' | 'findPackage'>;
  readonly newId: () => string;
  readonly limits: Pick<Limits, 'maxPackageBytes' | 'maxPendingBytes' | 'maxPendingBytesPerToken'>;
}

export interface Identity {
  readonly packageId: PackageId;
  readonly ext: Ext;
  readonly filename: string;
  /** What is recorded under the packageId or the filename: the same file perhaps, or another one. */
  readonly existing?: PackageRecord;
}

/**
 * With a packageId, the package of that id. Without one, the package of that filename, or an id made
 * of the filename; without a filename too, a new id.
 * @throws INVALID_INPUT, ALREADY_EXISTS where another package holds one of the names
 */
export async function identify(
  deps: IdentifyDeps,
  versionId: VersionId,
  wanted: WantedName,
): Promise<Identity> {
  requireSize(deps, wanted.size);
  const ext = wanted.ext ?? extOfFilename(wanted.filename ?? '') ?? NO_EXT;
  if (wanted.packageId !== undefined || wanted.filename === undefined) {
    const packageId = wanted.packageId ?? parsePackageId(deps.newId());
    const filename = wanted.filename ?? `${packageId}.${ext}`;
    const existing = await deps.catalog.getPackage({ versionId, packageId });
    return withExisting(requireNames({ packageId, ext, filename }), existing);
  }
  const { filename } = wanted;
  const named = await deps.catalog.findPackage(versionId, filename);
  if (named !== undefined) {
    // Under its alias another package is found: that one has the name.
    if (!isFilenameOf(named, filename)) throw nameTaken(named, filename);
    const { packageId } = named;
    return { packageId, ext: named.ext, filename: named.filename, existing: named };
  }
  const { first, second } = derivedIds(filename, ext);
  for (const packageId of new Set([first, second])) {
    const existing = await deps.catalog.getPackage({ versionId, packageId });
    // A rejected upload of this name is replaced; the id of another file is left to it.
    if (existing === undefined || isFilenameOf(existing, filename))
      return withExisting(requireNames({ packageId, ext, filename }), existing);
  }
  throw new ServiceError(
    'ALREADY_EXISTS',
    `the packageIds ${first} and ${second} of version ${versionId} are taken by other files; send a packageId for ${JSON.stringify(filename)}`,
  );
}

/** Throws where another package holds one of the names of this one. @throws ALREADY_EXISTS */
export async function requireFreeNames(
  catalog: Pick<Catalog, 'findPackage'>,
  record: Pick<PackageRecord, 'versionId' | 'packageId' | 'ext' | 'filename'>,
): Promise<void> {
  for (const name of namesOf(record)) {
    const holder = await catalog.findPackage(record.versionId, name);
    if (holder !== undefined && holder.packageId !== record.packageId)
      throw nameTaken(holder, name);
  }
}

/** The fields of a new record. */
export function draftOf(versionId: VersionId, wanted: Wanted, identity: Identity): Draft {
  const { packageId, ext, filename } = identity;
  const { size, sha256, metadata, platform } = wanted;
  const contentType = wanted.contentType ?? feedContentType(filename) ?? 'application/octet-stream';
  const key = packageKey(versionId, packageId, ext);
  const about = { versionId, packageId, ext, key, size, filename, contentType, metadata };
  return { ...about, ...withoutUndefined({ sha256, ...platform }) };
}

function isFilenameOf(record: PackageRecord, filename: string): boolean {
  return record.filenameTaken !== true && normalName(record.filename) === normalName(filename);
}

function withExisting(
  identity: Omit<Identity, 'existing'>,
  existing: PackageRecord | undefined,
): Identity {
  return existing === undefined ? identity : { ...identity, existing };
}

/** @throws INVALID_INPUT */
function requireNames<Names extends Omit<Identity, 'existing'>>(names: Names): Names {
  parseFilename(names.filename);
  parseFilename(aliasOf(names));
  return names;
}

/** @throws INVALID_INPUT */
function requireSize({ limits }: IdentifyDeps, size: number): void {
  const { maxPackageBytes, maxPendingBytes, maxPendingBytesPerToken } = limits;
  // What is larger than all that may be pending would be refused as one upload too many, again and again.
  const most = Math.min(maxPackageBytes, maxPendingBytes, maxPendingBytesPerToken);
  if (size <= most) return;
  throw new ServiceError('INVALID_INPUT', `size must be from 1 to ${most} bytes, got ${size}`);
}

function nameTaken(holder: PackageRecord, name: string): ServiceError {
  const { packageId, versionId, state } = holder;
  const what = state === 'deleted' ? 'the deleted package' : 'package';
  const filename =
    publicNameOf(holder) === holder.filename ? ` (${JSON.stringify(holder.filename)})` : '';
  return new ServiceError(
    'ALREADY_EXISTS',
    `the name ${JSON.stringify(name)} of version ${versionId} belongs to ${what} ${packageId}${filename}`,
  );
}
