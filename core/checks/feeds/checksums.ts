/** Lists of digests as `sha256sum` writes them (`SHA512SUMS`, `app_1.4.0_checksums.txt`), and one digest beside a file (`app.exe.sha256`). */
import type { CheckResult } from '../../checked.ts';
import { shorten } from '../../errors.ts';
import { NamedFiles } from '../files/named-files.ts';
import { counted, Findings } from '../files/results.ts';
import type { VersionFile, VersionFiles } from '../files/version-files.ts';
import { BOM, readText } from '../parsing/text.ts';

const LIST = /(?:^|[._-])(?:sha(?:1|256|512)sums?|checksums?)(?:\.txt)?$/i;
const BESIDE = /\.sha(?:1|256|512)(?:sum)?$/i;

const BY_DIGITS: Readonly<Record<number, 'sha1' | 'sha256' | 'sha512'>> = {
  40: 'sha1',
  64: 'sha256',
  128: 'sha512',
};

export function isChecksumFile(filename: string): boolean {
  return LIST.test(filename) || BESIDE.test(filename);
}

export async function checkChecksums(
  files: VersionFiles,
  file: VersionFile,
): Promise<readonly CheckResult[]> {
  const findings = new Findings('checksums', file.filename);
  const text = await readText(files, file, findings);
  if (text === undefined) return findings.results('');
  if (text.startsWith(BOM))
    findings.fail(
      1,
      'begins with a byte order mark, which sha256sum does not read; save it without',
    );
  const beside = BESIDE.test(file.filename) ? file.filename.replace(BESIDE, '') : undefined;
  const named = new NamedFiles(files, findings);
  const seen = new Map<string, number>();
  for (const [at, raw] of text.replace(BOM, '').split('\n').entries()) {
    const line = at + 1;
    if (raw.trim() === '' || raw.startsWith('#')) continue;
    if (raw.endsWith('\r')) {
      findings.fail(
        line,
        'ends in CRLF, which sha256sum takes as part of the filename; save it with LF',
      );
      break;
    }
    const entry = readLine(raw, beside);
    if (entry === undefined) {
      findings.fail(
        line,
        `is ${shorten(raw)}; expected "digest  filename" with 40, 64 or 128 hex digits`,
      );
      continue;
    }
    const before = seen.get(entry.name);
    if (before !== undefined)
      findings.fail(line, `names ${shorten(entry.name)} again, after line ${before}`);
    seen.set(entry.name, line);
    const algorithm = BY_DIGITS[entry.digest.length];
    const found = algorithm && (await named.find({ name: entry.name, line }));
    if (found) await named.compare(found, line, { [algorithm]: entry.digest });
  }
  if (seen.size === 0 && !findings.hasFailed) findings.fail(1, 'holds no digest');
  return findings.results(
    `${counted(named.count, 'file has the digest', 'files have the digests')} that it says`,
  );
}

interface Entry {
  readonly digest: string;
  readonly name: string;
}

function readLine(line: string, beside: string | undefined): Entry | undefined {
  const [, digest, name] = /^([0-9a-fA-F]+)(?: [ *](.+))?\s*$/.exec(line) ?? [];
  const [, bsdName, bsdDigest] = /^SHA\d+ ?\((.+)\) ?= ?([0-9a-fA-F]+)\s*$/.exec(line) ?? [];
  const found = {
    digest: digest ?? bsdDigest ?? '',
    name: name?.trim().replace(/^\.\//, '') ?? bsdName ?? beside ?? '',
  };
  return BY_DIGITS[found.digest.length] !== undefined && found.name !== '' ? found : undefined;
}
