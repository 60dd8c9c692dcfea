/** The commands that download one file and verify it, ready to paste into a shell. */
import type { FileWithCompanions, ShownFile } from './shown-file.ts';

/** How visitors download here. */
export interface Commands {
  /** The origin of the service, which completes a path. */
  readonly origin: string;
  /** The token comes from ~/.netrc then. */
  readonly needsToken: boolean;
}

/** What verifies a file by what is beside it. Capitals stand for what the publisher names elsewhere. */
const BY_COMPANION: Readonly<Record<string, (file: string, companion: string) => string>> = {
  '.minisig': (file) => `minisign -Vm ${file} -P PUBLIC_KEY`,
  '.asc': (file, companion) => `gpg --verify ${companion} ${file}`,
  '.sigstore.json': cosign,
  '.sigstore': cosign,
  '.intoto.jsonl': (file, companion) =>
    `slsa-verifier verify-artifact ${file} --provenance-path ${companion} --source-uri SOURCE_URI`,
};

function cosign(file: string, companion: string): string {
  return `cosign verify-blob ${file} --bundle ${companion} --certificate-identity IDENTITY --certificate-oidc-issuer ISSUER`;
}

export function verifyCommands(
  { file, companions }: FileWithCompanions,
  { origin, needsToken }: Commands,
): string {
  const fetch = ({ filename, href }: ShownFile) =>
    `curl ${needsToken ? '-n ' : ''}-fL -o ${shellFile(filename)} ${shellWord(new URL(href, origin).href)}`;
  const lines = [fetch(file), `${sumCommand(file)} | sha256sum -c`];
  for (const companion of companions) {
    const suffix = companion.filename.slice(file.filename.length).toLowerCase();
    const verify = Object.hasOwn(BY_COMPANION, suffix) ? BY_COMPANION[suffix] : undefined;
    if (verify === undefined || companion.refused !== undefined) continue;
    lines.push(fetch(companion), verify(shellFile(file.filename), shellFile(companion.filename)));
  }
  return lines.join('\n');
}

/**
 * As `sha256sum` writes it: a name with a backslash is escaped, and its line begins with one. Some
 * shells read escapes in what they echo.
 */
function sumCommand({ filename, sha256 }: ShownFile): string {
  if (!filename.includes('\\')) return `echo ${shellWord(`${sha256}  ${filename}`)}`;
  return `printf '%s\\n' ${shellWord(`\\${sha256}  ${filename.replaceAll('\\', '\\\\')}`)}`;
}

/** The name of a file that no program takes for an option. */
function shellFile(filename: string): string {
  return shellWord(filename.startsWith('-') ? `./${filename}` : filename);
}

const PLAIN_WORD = /^[A-Za-z0-9@%+=:,./_-]+$/;

/** One word of a POSIX shell: nothing in single quotes means anything but itself. */
export function shellWord(text: string): string {
  return PLAIN_WORD.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
