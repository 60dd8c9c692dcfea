/** Signatures beside files: `.minisig`, `.sig` and `.asc`. */

import type { ChannelPolicy, CheckResult } from '../../checked.ts';
import { fromBase64 } from '../files/base64.ts';
import { NamedFiles } from '../files/named-files.ts';
import { Findings } from '../files/results.ts';
import type { VersionFile, VersionFiles } from '../files/version-files.ts';
import { readText } from '../parsing/text.ts';
import { type MinisignSignature, parseMinisign, parseMinisignKey } from './minisign.ts';
import { verifyMinisign } from './signed-bytes.ts';

const SUFFIX = /\.(?:minisig|sig|asc)$/;
const SIGNATURE_BYTES_MAX = 64 * 1024;

export function isDetachedSignature(filename: string): boolean {
  return SUFFIX.test(filename);
}

export async function checkDetachedSignature(
  files: VersionFiles,
  file: VersionFile,
  policy: ChannelPolicy,
): Promise<readonly CheckResult[]> {
  const { filename } = file;
  const findings = new Findings('signature', filename);
  const signedName = filename.replace(SUFFIX, '');
  if (filename.endsWith('.asc') && !files.files.has(signedName)) {
    findings.skip(undefined, `is beside no file (${signedName} is not in the version)`);
    return findings.results('is no signature of a file');
  }
  const named = new NamedFiles(files, findings);
  const signed = await named.find({ name: signedName, line: undefined });
  if (signed === undefined) return findings.results('');
  if (file.size > SIGNATURE_BYTES_MAX) {
    findings.fail(
      undefined,
      `has ${file.size} bytes; a signature has at most ${SIGNATURE_BYTES_MAX}`,
    );
    return findings.results('');
  }
  if (filename.endsWith('.asc')) return await checkArmor(files, file, findings);
  const bytes = await files.read(file);
  const text = minisignText(bytes, filename);
  if (text === undefined) {
    findings.skip(undefined, `is no signature by minisign, so it was not verified`);
    return findings.results(`is beside ${signedName}`);
  }
  const parsed = parseMinisign(text);
  const key = policy.minisign === undefined ? undefined : parseMinisignKey(policy.minisign);
  if (typeof parsed === 'string') findings.fail(1, `${parsed}; sign ${signedName} again`);
  else if (key === undefined)
    findings.skip(
      undefined,
      'was not verified: set minisign in the policy of the channel to the public key',
    );
  else await verifyMinisign(files, signed, findings, 2, key, parsed satisfies MinisignSignature);
  return findings.results(`is beside ${signedName}${key === undefined ? '' : ', and matches it'}`);
}

/** The text of minisign in a file; undefined for signatures of other programs (`.sig` is what many use). */
function minisignText(bytes: Buffer, filename: string): string | undefined {
  const text = bytes.toString('utf8');
  if (filename.endsWith('.minisig') || text.startsWith('untrusted comment:')) return text;
  const inner = fromBase64(text.trim())?.toString('utf8');
  return inner?.startsWith('untrusted comment:') ? inner : undefined;
}

async function checkArmor(
  files: VersionFiles,
  file: VersionFile,
  findings: Findings,
): Promise<readonly CheckResult[]> {
  const text = await readText(files, file, findings);
  const isArmor =
    text?.trimStart().startsWith('-----BEGIN PGP SIGNATURE-----') &&
    text.trimEnd().endsWith('-----END PGP SIGNATURE-----');
  if (text !== undefined && !isArmor)
    findings.fail(1, 'is no signature by gpg; expected what gpg --armor --detach-sign writes');
  findings.skip(undefined, 'signatures by gpg are not verified');
  return findings.results('is a signature by gpg');
}

/** Where a channel asks for minisign, each file that people install needs a signature beside it. */
export function checkAllSigned(
  files: VersionFiles,
  policy: ChannelPolicy,
  isCompanion: (filename: string) => boolean,
): readonly CheckResult[] {
  if (policy.minisign === undefined) return [];
  const names = [...files.files.values()].filter(({ state }) => state === 'available');
  return names.flatMap(({ filename }): readonly CheckResult[] => {
    const isSigned = ['.minisig', '.sig'].some((suffix) => files.files.has(filename + suffix));
    if (isCompanion(filename) || isSigned) return [];
    const detail = `has neither ${filename}.minisig nor ${filename}.sig beside it, and the channel asks for signatures by minisign; sign it and publish the signature`;
    return [{ check: 'signature', filename, verdict: 'failed', detail }];
  });
}
