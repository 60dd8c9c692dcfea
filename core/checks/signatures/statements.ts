/**
 * Sigstore bundles and in-toto statements: what they are about must be the file beside them. Where the
 * channel says who signs, their signatures are verified, too.
 */
import type { CheckResult } from '../../checked.ts';
import { Findings } from '../files/results.ts';
import type { VersionFile, VersionFiles } from '../files/version-files.ts';
import { isFault, readText } from '../parsing/text.ts';
import { parseJson } from '../parsing/yaml-text.ts';
import type { Attestations, SignedDocument } from './attestations.ts';
import { type Subject, subjectsOf } from './subjects.ts';

const SUFFIX = /\.(?:sigstore\.json|sigstore|intoto\.jsonl)$/;

export function isStatement(filename: string): boolean {
  return SUFFIX.test(filename);
}

type Placed = Subject & { readonly line: number };

/** @param attestations verifies signatures; undefined where the channel does not ask for that */
export async function checkStatement(
  files: VersionFiles,
  file: VersionFile,
  attestations: Attestations | undefined,
): Promise<readonly CheckResult[]> {
  const findings = new Findings('statement', file.filename);
  if (attestations?.isTooLarge(file, findings)) return findings.results('');
  const text = await readText(files, file, findings);
  if (text === undefined) return findings.results('');
  const beside = files.files.get(file.filename.replace(SUFFIX, ''));
  const isLines = file.filename.endsWith('.jsonl');
  const documents: SignedDocument[] = [];
  const subjects = (isLines ? text.split('\n') : [text]).flatMap((document, at) => {
    if (isLines && document.trim() === '') return [];
    const root = parseJson(document);
    const found = isFault(root) ? root : subjectsOf(root);
    if (isFault(found)) {
      findings.fail(isLines ? at + 1 : found.line, found.detail);
      return [];
    }
    if (!isFault(root))
      documents.push({ text: document, root, line: isLines ? at + 1 : undefined, beside });
    return found.map((subject) => ({ ...subject, line: at + 1 }));
  });
  if (findings.hasFailed) return findings.results('');
  if (subjects.length === 0)
    findings.skip(undefined, 'names no file by a digest, so nothing was compared');
  else await compare(files, file, beside, subjects, findings);
  const isAbout = subjects.length === 0 ? 'is readable' : 'is about the published file';
  if (attestations === undefined) {
    findings.skip(
      undefined,
      'who signed it was not verified: set sigstore in the policy of the channel',
    );
    return findings.results(isAbout);
  }
  if (findings.hasFailed) return findings.results('');
  const signers = await attestations.verify(documents, findings);
  return findings.results(
    signers.length === 0 ? isAbout : `${isAbout}, and is signed by ${signers.join(', ')}`,
  );
}

async function compare(
  files: VersionFiles,
  { filename }: VersionFile,
  beside: VersionFile | undefined,
  subjects: readonly Placed[],
  findings: Findings,
): Promise<void> {
  const besideName = filename.replace(SUFFIX, '');
  if (beside !== undefined) {
    if (await isOneOf(files, beside, subjects, findings)) return;
    const said = subjects.map(({ sha256, sha512 }) => sha256 ?? sha512).slice(0, 3);
    const { algorithm, digest } = await digestAs(files, beside, subjects);
    findings.contradict(
      subjects[0]?.line,
      `is about a file with the ${algorithm} ${said.join(', ')}, and ${besideName} has ${digest}; attest the published file`,
    );
    return;
  }
  let known = 0;
  for (const subject of subjects) {
    const named = subject.name === undefined ? undefined : files.files.get(subject.name);
    if (named === undefined) continue;
    known++;
    if (await isOneOf(files, named, [subject], findings)) continue;
    const { algorithm, digest } = await digestAs(files, named, [subject]);
    findings.contradict(
      subject.line,
      `says that ${named.filename} has the ${algorithm} ${subject.sha256 ?? subject.sha512}, and it has ${digest}; attest the published file`,
    );
  }
  if (known === 0)
    findings.fail(
      1,
      `is beside no file (${besideName} is not in the version), and names none of the version`,
    );
}

/** Also where the SHA-512 can't be computed now, which is noted. */
async function isOneOf(
  files: VersionFiles,
  file: VersionFile,
  subjects: readonly Subject[],
  findings: Findings,
): Promise<boolean> {
  if (subjects.some(({ sha256 }) => sha256 === file.sha256)) return true;
  const bySha512 = subjects.filter(({ sha256 }) => sha256 === undefined);
  if (bySha512.length === 0) return false;
  const stored = await files.digest(file, 'sha512');
  if (stored !== undefined) return bySha512.some(({ sha512 }) => sha512 === stored);
  const bytes = `reading its ${file.size} bytes takes longer than this request may`;
  findings.skip(undefined, `${file.filename} was not compared with its sha512: ${bytes}`);
  return true;
}

/** The digest of a file that subjects name, which has been computed already. */
async function digestAs(files: VersionFiles, file: VersionFile, [first]: readonly Subject[]) {
  if (first?.sha256 !== undefined || first === undefined)
    return { algorithm: 'sha256', digest: file.sha256 };
  return { algorithm: 'sha512', digest: await files.digest(file, 'sha512') };
}
