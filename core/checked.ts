/** What checks find in a version, and what a channel asks of the versions that it points at. */

import type { Timestamp } from './clock.ts';
import type { ChannelName, VersionId } from './names.ts';

export type CheckName =
  | 'electron'
  | 'velopack'
  | 'squirrel-windows'
  | 'tauri'
  | 'appcast'
  | 'apt'
  | 'helm'
  | 'checksums'
  | 'signature'
  | 'statement'
  /** What a check had to read could not be read. */
  | 'stored-bytes';

/** Digests that feeds and signatures use beside the SHA-256 of the record, in lower-case hex. */
export interface FurtherDigests {
  readonly sha512: string;
  readonly sha1: string;
  readonly blake2b512: string;
}

/** `skipped`: was not looked at, and why; it stops no channel. */
export type Verdict = 'passed' | 'failed' | 'skipped';

export interface CheckResult {
  readonly check: CheckName;
  /** The file that was read. */
  readonly filename?: string;
  /** The line in it, from 1. */
  readonly line?: number;
  readonly verdict: Verdict;
  /** What was found, what was expected, and what to do. */
  readonly detail: string;
  /** The file says of another one what is not so, or names one that is not there: clients fail on it. */
  readonly contradicts?: true;
}

/** Who must have signed the Sigstore bundles of a version. */
export interface SigstorePolicy {
  /** Compared character by character: `https://token.actions.githubusercontent.com`. */
  readonly issuer: string;
  /** The URL of a workflow, or an e-mail address; `*` matches any text in it. */
  readonly identity: string;
  /** What the statements must be. @default any, and signatures of bytes */
  readonly predicateType?: string;
}

/** What a channel asks of the versions that it points at. */
export interface ChannelPolicy {
  /**
   * Whether feeds are checked. @default files that contradict others stop a channel, without reading
   * large files; true: everything that is wrong does
   */
  readonly feeds?: boolean;
  /** Files that are feeds beside those whose names are known. */
  readonly feedNames?: readonly string[];
  /** The minisign public key that signs the files: one line of base64, or the text of the .pub file as `tauri signer` prints it. */
  readonly minisign?: string;
  /** The public key of Sparkle (`SUPublicEDKey`): 32 bytes in base64. */
  readonly ed25519?: string;
  /** Each file that people install must have a Sigstore bundle by this signer. */
  readonly sigstore?: SigstorePolicy;
  /** Whether only sealed versions are taken. */
  readonly requireSealed?: boolean;
  /** Which of several files for a platform is meant: the first of these exts that one has. */
  readonly preferExts?: readonly string[];
}

/** The checks of a version, with certain files and by a certain policy. */
export interface CheckRun {
  /** Made of all that decides the results: with other files or another policy, it is another run. */
  readonly checkId: string;
  readonly versionId: VersionId;
  /** Whose earlier versions were looked at, too. */
  readonly channel?: ChannelName;
  readonly policy: ChannelPolicy;
  /** `outdated`: the files or the policy changed before it began. */
  readonly state: 'running' | 'done' | 'outdated';
  /** When it was last asked to run. */
  readonly startedAt: Timestamp;
  readonly endedAt?: Timestamp;
  readonly passed?: true;
  readonly checks?: readonly CheckResult[];
  /** What earlier versions had under the names that were looked for there; the results count while this is so. */
  readonly earlier?: Readonly<Record<string, string>>;
}
