/** Compares versions as update clients do, by Semantic Versioning 2.0.0. */
import compare from 'semver/functions/compare.js';
import parse from 'semver/functions/parse.js';
import { ServiceError } from '../errors.ts';

declare const brand: unique symbol;
/** A semantic version as it was written, without a leading `v`. */
export type VersionNumber = string & { readonly [brand]: 'VersionNumber' };

/** @returns undefined for text that is no semantic version */
export function versionNumberOf(text: string): VersionNumber | undefined {
  return parse(text) === null ? undefined : (text.replace(/^v/, '') as VersionNumber);
}

/** @throws INVALID_INPUT */
export function parseVersionNumber(text: string): VersionNumber {
  const found = versionNumberOf(text);
  if (found !== undefined) return found;
  const got = JSON.stringify(text.slice(0, 80));
  throw new ServiceError(
    'INVALID_INPUT',
    `the version of the client must be a semantic version such as 1.4.0, got ${got}`,
  );
}

/** Whether `one` is newer than `other`. A prerelease is older than its release; `+build` does not count. */
export function isNewer(one: VersionNumber, other: VersionNumber): boolean {
  return compare(one, other) > 0;
}
