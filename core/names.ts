/**
 * Names and keys: the one place where text becomes a VersionId, PackageId, Ext or PackageKey.
 * Imports only errors.ts and layout.ts.
 */

import { ServiceError, shorten } from './errors.ts';
import { PACKAGES_FOLDER } from './layout.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A release, chosen by the publisher: `1.4.0`, `2026-11-22_nightly`. */
export type VersionId = Branded<'VersionId'>;
/** One file of a version: `linux-x64`. Holds no dot, so that a key parses in one way only. */
export type PackageId = Branded<'PackageId'>;
/** One to three dot-separated runs of letters and digits: `zip`, `tar.gz`. */
export type Ext = Branded<'Ext'>;
/** A name that points at a version; formed like a PackageId. */
export type ChannelName = Branded<'ChannelName'>;
/** `packages/{version_id}/{package_id}.{ext}`, the same in every store. */
export type PackageKey = Branded<'PackageKey'>;
/** `packages/{version_id}/`, with which all keys of a version begin, and no others. */
export type VersionFolder = Branded<'VersionFolder'>;

/** Names one package: a version has each packageId once, whatever its ext. */
export interface PackageRef {
  readonly versionId: VersionId;
  readonly packageId: PackageId;
}

/** A tokenId, which is no secret. */
export const TOKEN_ID = /^[a-z0-9]{8,32}$/;
export const VERSION_ID = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/;
export const PACKAGE_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
export const EXT = /^[A-Za-z0-9]{1,16}(?:\.[A-Za-z0-9]{1,16}){0,2}$/;

function parse<Name extends string>(what: string, pattern: RegExp, text: string): Branded<Name> {
  if (pattern.test(text)) return text as Branded<Name>;
  throw new ServiceError(
    'INVALID_INPUT',
    `${what} must match ${pattern.source}, got ${shorten(text)}`,
  );
}

/** @throws INVALID_INPUT */
export function parseVersionId(text: string): VersionId {
  return parse('versionId', VERSION_ID, text);
}

/** @throws INVALID_INPUT */
export function parsePackageId(text: string): PackageId {
  return parse('packageId', PACKAGE_ID, text);
}

/** @throws INVALID_INPUT */
export function parseExt(text: string): Ext {
  return parse('ext', EXT, text);
}

/** @throws INVALID_INPUT */
export function parseChannelName(text: string): ChannelName {
  return parse('channel', PACKAGE_ID, text);
}

/**
 * The only function that makes a key. Its arguments were parsed, so the key needs no further check.
 */
export function packageKey(versionId: VersionId, packageId: PackageId, ext: Ext): PackageKey {
  return `${PACKAGES_FOLDER}/${versionId}/${packageId}.${ext}` as PackageKey;
}

export function versionFolder(versionId: VersionId): VersionFolder {
  return `${PACKAGES_FOLDER}/${versionId}/` as VersionFolder;
}

/** What a key names. */
export interface KeyParts extends PackageRef {
  readonly ext: Ext;
}

/** The inverse of `packageKey`. @throws INVALID_INPUT if the text is not exactly a key */
export function parsePackageKey(text: string): KeyParts & { readonly key: PackageKey } {
  const [root, version, file, ...rest] = text.split('/');
  if (root !== PACKAGES_FOLDER || version === undefined || file === undefined || rest.length > 0) {
    throw new ServiceError(
      'INVALID_INPUT',
      `key must be packages/{version}/{package}.{ext}, got ${JSON.stringify(text.slice(0, 200))}`,
    );
  }
  const versionId = parseVersionId(version);
  const { packageId, ext } = parseFileName(file);
  return { versionId, packageId, ext, key: packageKey(versionId, packageId, ext) };
}

/** Splits `{packageId}.{ext}` at its first dot. @throws INVALID_INPUT */
function parseFileName(file: string): { readonly packageId: PackageId; readonly ext: Ext } {
  const dot = file.indexOf('.');
  if (dot < 0) {
    throw new ServiceError(
      'INVALID_INPUT',
      `file must be {packageId}.{ext}, got ${JSON.stringify(file.slice(0, 80))}`,
    );
  }
  return { packageId: parsePackageId(file.slice(0, dot)), ext: parseExt(file.slice(dot + 1)) };
}

const COMPOUND = /\.(tar\.(?:gz|zst|xz|bz2|lz|lz4|lzma|br|z))$/i;

/**
 * The ext of a filename: a known compound (`tar.gz`), or its last run. Undefined if that is no
 * valid ext.
 */
export function extOfFilename(filename: string): Ext | undefined {
  const ext = COMPOUND.exec(filename)?.[1] ?? /[^.]\.([^.]+)$/.exec(filename)?.[1];
  return ext !== undefined && EXT.test(ext) ? (ext as Ext) : undefined;
}

/**
 * A key as part of a URL path. `+` becomes `%2B`, because S3 and CloudFront read a literal `+` as a
 * space.
 */
export function encodeKey(key: PackageKey | VersionFolder): string {
  return key.replaceAll('+', '%2B');
}
