/** Flat repositories of apt: `InRelease`, `Release` and `Packages`. Signatures by gpg are looked for, not verified. */

import { gunzipSync } from 'node:zlib';
import type { CheckResult } from '../../checked.ts';
import { shorten } from '../../errors.ts';
import { type Claim, NamedFiles } from '../files/named-files.ts';
import { counted, Findings } from '../files/results.ts';
import type { VersionFile, VersionFiles } from '../files/version-files.ts';
import { BOM, decode, FEED_BYTES_MAX, readText } from '../parsing/text.ts';
import { type Paragraph, paragraphsOf } from './apt-fields.ts';

const SIGNED = '-----BEGIN PGP SIGNED MESSAGE-----';
/** A line of a Release: by SHA-256 or by SHA-512. */
const SUM = /^([0-9a-fA-F]{64}|[0-9a-fA-F]{128})\s+(\d+)\s+(\S+)$/;
const SIGNATURE = '-----BEGIN PGP SIGNATURE-----';
const SIGNATURE_END = '-----END PGP SIGNATURE-----';
/** What a packed index holds at most once it is unpacked. */
const UNPACKED_BYTES_MAX = 4 * FEED_BYTES_MAX;

export function isAptFile(filename: string): boolean {
  return /^(?:InRelease|Release|Packages(?:\.gz)?)$/.test(filename);
}

export async function checkAptFile(
  files: VersionFiles,
  file: VersionFile,
): Promise<readonly CheckResult[]> {
  const findings = new Findings('apt', file.filename);
  const { filename } = file;
  if (filename.startsWith('Packages')) return await checkPackages(files, file, findings);
  const text = await readText(files, file, findings);
  if (text === undefined) return findings.results('');
  if (filename === 'InRelease') return await checkInRelease(files, text, findings);
  if (!files.files.has('InRelease') && !files.files.has('Release.gpg'))
    findings.fail(
      undefined,
      'has no signature: neither InRelease nor Release.gpg is in the version; sign it with gpg --clearsign',
    );
  return await checkRelease(files, text, 1, findings);
}

async function checkInRelease(
  files: VersionFiles,
  text: string,
  findings: Findings,
): Promise<readonly CheckResult[]> {
  const [first] = text.split('\n', 1);
  if (first !== SIGNED) {
    const crlf = first === `${SIGNED}\r` ? ' with LF at the end' : '';
    findings.fail(
      1,
      `begins with ${shorten(first ?? '')}; expected ${SIGNED}${crlf}, as gpg --clearsign writes it`,
    );
    return findings.results('');
  }
  const start = text.indexOf('\n\n');
  const end = text.indexOf(`\n${SIGNATURE}`);
  if (start < 0 || end < start || !text.slice(end).includes(SIGNATURE_END)) {
    findings.fail(
      text.trimEnd().split('\n').length,
      'has no whole signature at its end; sign it again with gpg --clearsign',
    );
    return findings.results('');
  }
  // Clear-signing puts "- " before lines that begin with a dash.
  const body = text.slice(start + 2, end).replace(/^- /gm, '');
  const release = files.files.get('Release');
  if (release !== undefined && release.size <= FEED_BYTES_MAX) {
    const unsigned = (await files.read(release)).toString('utf8');
    if (unsigned.trimEnd() !== body.trimEnd())
      findings.fail(
        undefined,
        'holds another text than Release; sign the Release that is published',
      );
  }
  return await checkRelease(files, body, text.slice(0, start + 2).split('\n').length, findings);
}

async function checkRelease(
  files: VersionFiles,
  text: string,
  firstLine: number,
  findings: Findings,
): Promise<readonly CheckResult[]> {
  if (text.startsWith(BOM)) findings.fail(1, 'begins with a byte order mark; save it without');
  const onFault = (line: number, detail: string) => findings.fail(line, detail);
  const [fields] = paragraphsOf(text.replace(BOM, ''), { onFault, firstLine });
  const sums = fields?.get('sha256') ?? fields?.get('sha512');
  const named = new NamedFiles(files, findings);
  const published = new Set([...files.files.keys()].map(unpackedName));
  if (sums === undefined) {
    if (!findings.hasFailed)
      findings.fail(
        firstLine,
        'has no field SHA256 or SHA512, of which apt needs one; make it with apt-ftparchive release',
      );
    return findings.results('');
  }
  if (sums.more.length === 0) findings.fail(sums.line, 'names no file under it');
  for (const { line, text: entry } of sums.more) {
    const [, digest, size, name] = SUM.exec(entry) ?? [];
    if (digest === undefined || name === undefined)
      findings.fail(
        line,
        'is no line "digest size filename", with 64 or 128 hex digits and a number',
      );
    else if (!isOfItself(name) && !isOtherForm(files, published, name, findings, line)) {
      const found = await named.find({ name, line });
      if (found !== undefined)
        await named.compare(found, line, { size: Number(size), ...claimOf(digest) });
    }
  }
  return findings.results(`${counted(named.count, 'index is', 'indexes are')} as it says`);
}

function claimOf(digest: string): Claim {
  return digest.length === 64 ? { sha256: digest } : { sha512: digest };
}

/** apt-ftparchive lists the file that it is about to write. */
function isOfItself(name: string): boolean {
  return /(?:^|\/)(?:In)?Release(?:\.gpg)?$/.test(name);
}

/** Whether an index is published in another form (`Packages.gz` for `Packages`): clients take one that exists. */
function isOtherForm(
  files: VersionFiles,
  published: ReadonlySet<string>,
  name: string,
  findings: Findings,
  line: number,
): boolean {
  const filename = name.slice(name.lastIndexOf('/') + 1);
  if (files.files.has(filename)) return false;
  const isPublished = published.has(unpackedName(filename));
  if (isPublished) findings.skip(line, `${filename} is not in the version, another form of it is`);
  return isPublished;
}

function unpackedName(filename: string): string {
  return filename.replace(/\.(?:gz|xz|bz2|zst|lzma|lz4)$/, '');
}

async function checkPackages(
  files: VersionFiles,
  file: VersionFile,
  findings: Findings,
): Promise<readonly CheckResult[]> {
  const text = file.filename.endsWith('.gz')
    ? await readPacked(files, file, findings)
    : await readText(files, file, findings);
  if (text === undefined) return findings.results('');
  const onFault = (line: number, detail: string) => findings.fail(line, detail);
  const paragraphs = paragraphsOf(text, { onFault });
  if (paragraphs.length === 0 && !findings.hasFailed) findings.skip(undefined, 'names no package');
  const named = new NamedFiles(files, findings);
  const products = new Set(
    paragraphs.flatMap((one) => (files.files.has(filenameOf(one)) ? [productOf(one)] : [])),
  );
  for (const paragraph of paragraphs) {
    // Where another build of the package is in this version, this one is an earlier build.
    const isOlder = products.has(productOf(paragraph)) && !files.files.has(filenameOf(paragraph));
    await checkPackage(named, findings, paragraph, isOlder);
  }
  return findings.results(`${counted(named.count, 'package is', 'packages are')} as it says`);
}

async function checkPackage(
  named: NamedFiles,
  findings: Findings,
  paragraph: Paragraph,
  isOlder: boolean,
): Promise<void> {
  const [filename, size, sha256, sha512] = ['filename', 'size', 'sha256', 'sha512'].map((key) =>
    paragraph.get(key),
  );
  // apt needs one of both; the first costs no reading.
  const digest = sha256 ?? sha512;
  const line = [...paragraph.values()][0]?.line;
  if (filename === undefined || size === undefined || digest === undefined) {
    findings.fail(
      line,
      'has a package without Filename, Size, or SHA256 or SHA512; make it with apt-ftparchive packages',
    );
    return;
  }
  if (!/^\d+$/.test(size.value))
    findings.fail(size.line, `has the Size ${shorten(size.value)}; expected a number`);
  const found = await named.find({ name: filename.value, line: filename.line, isOlder });
  if (found === undefined) return;
  if (/^\d+$/.test(size.value)) await named.compare(found, size.line, { size: Number(size.value) });
  const claim = sha256 === undefined ? { sha512: digest.value } : { sha256: digest.value };
  await named.compare(found, digest.line, claim);
}

async function readPacked(
  files: VersionFiles,
  file: VersionFile,
  findings: Findings,
): Promise<string | undefined> {
  if (file.size > FEED_BYTES_MAX) {
    findings.fail(
      undefined,
      `has ${file.size} bytes, and packed indexes of up to ${FEED_BYTES_MAX} are checked`,
    );
    return undefined;
  }
  const packed = await files.read(file);
  try {
    return decode(gunzipSync(packed, { maxOutputLength: UNPACKED_BYTES_MAX }), findings);
  } catch (error) {
    const isTooLarge = (error as { readonly code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
    const why = isTooLarge ? `holds more than ${UNPACKED_BYTES_MAX} bytes` : 'can not be unpacked';
    findings.fail(undefined, `${why}; pack it again with gzip`);
    return undefined;
  }
}

function filenameOf(paragraph: Paragraph): string {
  const path = paragraph.get('filename')?.value ?? '';
  return path.slice(path.lastIndexOf('/') + 1);
}

function productOf(paragraph: Paragraph): string {
  return ['package', 'architecture'].map((key) => paragraph.get(key)?.value).join(' ');
}
