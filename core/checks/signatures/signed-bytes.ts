/** Verifies signatures over files, of which some must be read whole. */
import type { Findings } from '../files/results.ts';
import type { VersionFile, VersionFiles } from '../files/version-files.ts';
import { verifiesEd25519 } from './ed25519.ts';
import { type MinisignKey, type MinisignSignature, minisignFault } from './minisign.ts';

/** Ed25519 without a prehash takes all bytes at once. */
const SIGNED_BYTES_MAX = 256 * 1024 * 1024;

/** Notes what is wrong with a minisign signature of a file. */
export async function verifyMinisign(
  files: VersionFiles,
  file: VersionFile,
  findings: Findings,
  line: number | undefined,
  key: MinisignKey,
  signed: MinisignSignature,
): Promise<void> {
  if (!signed.isPrehashed && isTooLarge(file, findings, line)) return;
  const digest = signed.isPrehashed ? await files.digest(file, 'blake2b512') : undefined;
  if (signed.isPrehashed && digest === undefined) {
    findings.skip(line, `the signature of ${file.filename} was not verified: its file is large`);
    return;
  }
  const message = digest === undefined ? await files.read(file) : Buffer.from(digest, 'hex');
  const fault = minisignFault(key, signed, message);
  if (fault !== undefined) findings.fail(line, `the signature of ${file.filename} ${fault}`);
}

/** Notes what is wrong with a signature as Sparkle and NetSparkle make it. */
export async function verifyEd25519(
  files: VersionFiles,
  file: VersionFile,
  findings: Findings,
  line: number | undefined,
  key: Buffer,
  signature: Buffer,
): Promise<void> {
  if (isTooLarge(file, findings, line)) return;
  if (verifiesEd25519(key, await files.read(file), signature)) return;
  findings.fail(
    line,
    `the signature of ${file.filename} does not match its bytes and the channel's ed25519 key; sign the published file with that key (sign_update), or set the channel's key`,
  );
}

function isTooLarge(file: VersionFile, findings: Findings, line: number | undefined): boolean {
  if (file.size <= SIGNED_BYTES_MAX) return false;
  findings.fail(
    line,
    `${file.filename} has ${file.size} bytes; this kind of signature is verified for files of up to ${SIGNED_BYTES_MAX}`,
  );
  return true;
}
