/** The id of a run of checks: a digest of all that decides its results. */
import { hash } from 'node:crypto';
import type { ChannelPolicy } from '../../checked.ts';
import type { VersionFile, VersionFiles } from '../files/version-files.ts';

/** Raised with every change of a check: what earlier rules found counts no longer. */
const RULES = 2;
const ID_CHARACTERS = 32;

export function checkIdOf(
  { versionId, files }: Pick<VersionFiles, 'versionId' | 'files'>,
  channel: string | undefined,
  policy: ChannelPolicy,
): string {
  const { feeds = true, feedNames = [], minisign = '', ed25519 = '', sigstore } = policy;
  const decisive = [
    RULES,
    versionId,
    channel ?? '',
    [feeds, feedNames.toSorted(), minisign, ed25519, sigstoreOf(sigstore)],
    [...files.values()].map(termsOf).sort(),
  ];
  return hash('sha256', JSON.stringify(decisive)).slice(0, ID_CHARACTERS);
}

function sigstoreOf(sigstore: ChannelPolicy['sigstore']): readonly string[] {
  if (sigstore === undefined) return [];
  const { issuer, identity, predicateType = '' } = sigstore;
  return [issuer, identity, predicateType];
}

function termsOf({ filename, size, sha256, state }: VersionFile): string {
  return JSON.stringify([filename, size, sha256, state]);
}
