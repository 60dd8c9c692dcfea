/** Runs every check that applies to the files of a version. */
import type { ChannelPolicy, CheckResult } from '../checked.ts';
import { isFeed } from '../naming/feeds.ts';
import { checkAppcast } from './feeds/appcast.ts';
import { checkAptFile, isAptFile } from './feeds/apt.ts';
import { checkChecksums, isChecksumFile } from './feeds/checksums.ts';
import { checkElectronFeed } from './feeds/electron.ts';
import { checkHelmIndex } from './feeds/helm.ts';
import { checkSquirrelReleases } from './feeds/squirrel-windows.ts';
import { checkTauriFeed } from './feeds/tauri.ts';
import { checkVelopackFeed } from './feeds/velopack.ts';
import type { VersionFile, VersionFiles } from './files/version-files.ts';
import { Attestations } from './signatures/attestations.ts';
import type { BundleVerifier } from './signatures/bundle-verifier.ts';
import {
  checkAllSigned,
  checkDetachedSignature,
  isDetachedSignature,
} from './signatures/detached.ts';
import { checkStatement, isStatement } from './signatures/statements.ts';

/** Files that accompany others and are not installed themselves. */
const COMPANION =
  /\.(?:blockmap|zsync|sha1|sha256|sha512|sha256sum|sha512sum|signature|prov|pub|pem|txt|md|json)$/i;

/**
 * What is right and wrong with the feeds, lists and signatures of a version. A version without any
 * has no results.
 * @param verifier asked where the policy has `sigstore`
 */
export async function checkVersion(
  files: VersionFiles,
  policy: ChannelPolicy,
  verifier: BundleVerifier,
): Promise<readonly CheckResult[]> {
  if (policy.feeds === false) return [];
  const results: CheckResult[] = [];
  const attestations = policy.sigstore && new Attestations(files, policy.sigstore, verifier);
  // By name, so that two runs report the same; a yanked file is served to no one.
  const present = [...files.files.values()]
    .filter(({ state }) => state === 'available')
    .sort((a, b) => (a.filename < b.filename ? -1 : 1));
  for (const file of present)
    results.push(
      ...(attestations !== undefined && isStatement(file.filename)
        ? await checkStatement(files, file, attestations)
        : await checkFile(files, file, policy)),
    );
  if (attestations !== undefined) results.push(...(await attestations.checkAll(isCompanion)));
  // Tauri signs what its feed names, and not what people install by hand.
  if (results.some(({ check }) => check === 'tauri')) return results;
  return [...results, ...checkAllSigned(files, policy, isCompanion)];
}

/** Whether a channel may point at what was checked. */
export function hasPassed(results: readonly CheckResult[]): boolean {
  return results.every(({ verdict }) => verdict !== 'failed');
}

function isCompanion(filename: string): boolean {
  return (
    isFeed(filename) ||
    isChecksumFile(filename) ||
    isDetachedSignature(filename) ||
    isStatement(filename) ||
    COMPANION.test(filename)
  );
}

async function checkFile(
  files: VersionFiles,
  file: VersionFile,
  policy: ChannelPolicy,
): Promise<readonly CheckResult[]> {
  const { filename } = file;
  const isNamed = policy.feedNames?.includes(filename) === true;
  if (isDetachedSignature(filename)) return await checkDetachedSignature(files, file, policy);
  if (isStatement(filename)) return await checkStatement(files, file, undefined);
  if (filename === 'RELEASES') return await checkSquirrelReleases(files, file);
  if (filename === 'index.yaml') return await checkHelmIndex(files, file);
  if (isAptFile(filename)) return await checkAptFile(files, file);
  if (/^releases\.[^/]+\.json$/.test(filename)) return await checkVelopackFeed(files, file);
  if (filename === 'latest.json' || (isNamed && filename.endsWith('.json')))
    return await checkTauriFeed(files, file, policy);
  if (filename === 'appcast.xml' || (isNamed && filename.endsWith('.xml')))
    return await checkAppcast(files, file, policy);
  if (/\.ya?ml$/.test(filename)) return await checkElectronFeed(files, file, isNamed);
  if (isChecksumFile(filename)) return await checkChecksums(files, file);
  return [];
}
