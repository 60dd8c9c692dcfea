/**
 * Sigstore bundles and in-toto statements: what they are about must be the file beside them. Who
 * signed them is not verified; `cosign` and `gh attestation verify` do that for the consumer.
 */

import type { CheckResult } from '../../checked.ts';
import { fromBase64 } from '../files/base64.ts';
import { Findings } from '../files/results.ts';
import type { VersionFile, VersionFiles } from '../files/version-files.ts';
import { isFault, readText } from '../parsing/text.ts';
import { field, type Node, textOf } from '../parsing/tree.ts';
import { parseJson } from '../parsing/yaml-text.ts';

const SUFFIX = /\.(?:sigstore\.json|sigstore|intoto\.jsonl)$/;

export function isStatement(filename: string): boolean {
  return SUFFIX.test(filename);
}

/** One file that a statement is about. */
interface Subject {
  readonly name?: string | undefined;
  readonly sha256: string;
}

export async function checkStatement(
  files: VersionFiles,
  file: VersionFile,
): Promise<readonly CheckResult[]> {
  const findings = new Findings('statement', file.filename);
  const text = await readText(files, file, findings);
  if (text === undefined) return findings.results('');
  const isLines = file.filename.endsWith('.jsonl');
  const documents = isLines ? text.split('\n') : [text];
  const subjects = documents.flatMap((document, at) => {
    if (isLines && document.trim() === '') return [];
    const root = parseJson(document);
    const found = isFault(root) ? root : subjectsOf(root);
    if (!isFault(found)) return found.map((subject) => ({ ...subject, line: at + 1 }));
    findings.fail(isLines ? at + 1 : found.line, found.detail);
    return [];
  });
  if (findings.hasFailed) return findings.results('');
  if (subjects.length === 0)
    findings.skip(undefined, 'names no file by its SHA-256, so nothing was compared');
  else compare(files, file.filename.replace(SUFFIX, ''), subjects, findings);
  findings.skip(undefined, 'who signed it was not verified');
  return findings.results(subjects.length === 0 ? 'is readable' : 'is about the published file');
}

function compare(
  { files }: VersionFiles,
  besideName: string,
  subjects: readonly (Subject & { readonly line: number })[],
  findings: Findings,
): void {
  const beside = files.get(besideName);
  if (beside !== undefined) {
    if (subjects.some(({ sha256 }) => sha256 === beside.sha256)) return;
    const said = subjects.map(({ sha256 }) => sha256).slice(0, 3);
    findings.contradict(
      subjects[0]?.line,
      `is about a file with the sha256 ${said.join(', ')}, and ${besideName} has ${beside.sha256}; attest the published file`,
    );
    return;
  }
  const known = subjects.filter(({ name }) => name !== undefined && files.has(name));
  for (const { name, sha256, line } of known) {
    const stored = files.get(name ?? '')?.sha256;
    if (stored !== sha256)
      findings.contradict(
        line,
        `says that ${name} has the sha256 ${sha256}, and it has ${stored}; attest the published file`,
      );
  }
  if (known.length === 0)
    findings.fail(
      1,
      `is beside no file (${besideName} is not in the version), and names none of the version`,
    );
}

function subjectsOf(root: Node): readonly Subject[] | { line: number; detail: string } {
  const message = field(field(root, 'messageSignature'), 'messageDigest');
  if (message !== undefined) {
    const digest = fromBase64(textOf(field(message, 'digest')) ?? '');
    if (textOf(field(message, 'algorithm')) !== 'SHA2_256' || digest?.length !== 32)
      return { line: message.line, detail: 'has no messageDigest of 32 bytes by SHA2_256' };
    return [{ sha256: digest.toString('hex') }];
  }
  const envelope = field(root, 'dsseEnvelope') ?? root;
  const payload = field(envelope, 'payload');
  if (payload === undefined)
    return {
      line: root.line,
      detail:
        'is neither a Sigstore bundle nor a DSSE envelope: it has no payload and no messageSignature',
    };
  const bytes = fromBase64(textOf(payload) ?? '');
  if (bytes === undefined) return { line: payload.line, detail: 'has a payload that is no base64' };
  const statement = parseJson(bytes.toString('utf8'));
  if (isFault(statement))
    return { line: payload.line, detail: `its statement ${statement.detail}` };
  const list = field(statement, 'subject');
  const items = list?.kind === 'list' ? list.items : [];
  return items.flatMap((item) => {
    const sha256 = textOf(field(field(item, 'digest'), 'sha256'))?.toLowerCase();
    return sha256 === undefined ? [] : [{ name: textOf(field(item, 'name')), sha256 }];
  });
}
