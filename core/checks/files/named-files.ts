/** Finds the files that a feed names, and compares what it says about them with what is stored. */
import { shorten } from '../../errors.ts';
import { fromBase64 } from './base64.ts';
import type { Findings } from './results.ts';
import type { VersionFile, VersionFiles } from './version-files.ts';

/** How a feed says what a file has. */
export interface Claim {
  readonly size?: number | undefined;
  /** Digests as the feed writes them. */
  readonly sha256?: string | undefined;
  readonly sha512?: string | undefined;
  readonly sha1?: string | undefined;
}

export interface Reference {
  /** A filename, a path, or a URL. */
  readonly name: string;
  readonly line: number | undefined;
  /** The entry is about an earlier version than the feed itself: its file may be gone. */
  readonly isOlder?: boolean;
}

const DIGEST_BYTES = { sha256: 32, sha512: 64, sha1: 20 } as const;
type Algorithm = keyof typeof DIGEST_BYTES;

/** More entries than this are no feed of one version. */
const REFERENCES_MAX = 20_000;

export class NamedFiles {
  readonly #files: VersionFiles;
  readonly #findings: Findings;
  readonly #compared = new Set<string>();
  #references = 0;
  #byLetters: ReadonlyMap<string, string> | undefined;

  constructor(files: VersionFiles, findings: Findings) {
    this.#files = files;
    this.#findings = findings;
  }

  /** How many files were compared with what the feed says. */
  get count(): number {
    return this.#compared.size;
  }

  /** The file that is named; undefined where there is none to compare, which is noted. */
  async find({ name, line, isOlder = false }: Reference): Promise<VersionFile | undefined> {
    if (++this.#references > REFERENCES_MAX) {
      if (this.#references === REFERENCES_MAX + 1)
        this.#findings.fail(line, `names more than ${REFERENCES_MAX} files`);
      return undefined;
    }
    const candidates = filenamesOf(name);
    for (const filename of candidates) {
      const own = this.#files.files.get(filename);
      const found = own ?? (await this.#files.remembered(filename));
      if (found === undefined) continue;
      if (found.state === 'available') {
        this.#compared.add(filename);
        return found;
      }
      const where = own === undefined ? 'an earlier version' : `version ${found.versionId}`;
      const yanked = `names ${shorten(filename)}, which is ${found.state} in ${where}`;
      if (isOlder) this.#findings.skip(line, yanked);
      else this.#findings.contradict(line, `${yanked}; restore it, or leave it out of the feed`);
      return undefined;
    }
    this.#noteMissing(name, candidates[0] ?? name, line, isOlder);
    return undefined;
  }

  /** Compares a file with what the feed says of it. */
  async compare(file: VersionFile, line: number | undefined, claim: Claim): Promise<void> {
    const { filename } = file;
    if (claim.size !== undefined && claim.size !== file.size)
      this.#findings.contradict(
        line,
        `says that ${filename} has ${claim.size} bytes, and it has ${file.size}; make the feed again from the published file`,
      );
    for (const algorithm of ['sha256', 'sha512', 'sha1'] as const) {
      const said = claim[algorithm];
      if (said !== undefined) await this.#compareDigest(file, line, algorithm, said);
    }
  }

  async #compareDigest(
    file: VersionFile,
    line: number | undefined,
    algorithm: Algorithm,
    said: string,
  ): Promise<void> {
    const hex = hexOf(said, DIGEST_BYTES[algorithm]);
    if (hex === undefined) {
      const what = `${shorten(said)} is no ${algorithm}, which has ${DIGEST_BYTES[algorithm]} bytes in hex or base64`;
      this.#findings.fail(line, `of ${file.filename} ${what}; make the feed again`);
      return;
    }
    const stored = algorithm === 'sha256' ? file.sha256 : await this.#files.digest(file, algorithm);
    if (stored === undefined) {
      const bytes = `reading its ${file.size} bytes takes longer than this request may`;
      this.#findings.skip(
        line,
        `${file.filename} was not compared with its ${algorithm}: ${bytes}`,
      );
      return;
    }
    if (hex === stored) return;
    const isHex = hex === said.toLowerCase();
    const shown = isHex ? stored : Buffer.from(stored, 'hex').toString('base64');
    this.#findings.contradict(
      line,
      `says that ${file.filename} has the ${algorithm} ${said}, and it has ${shown}; make the feed again from the published file`,
    );
  }

  #noteMissing(name: string, filename: string, line: number | undefined, isOlder: boolean): void {
    const host = otherHost(name);
    if (host !== undefined) {
      this.#findings.skip(line, `${shorten(name)} is served by ${host}, which is not looked at`);
      return;
    }
    const { versionId } = this.#files;
    if (isOlder) {
      this.#findings.skip(
        line,
        `${shorten(filename)} is of an earlier version and not in ${versionId}`,
      );
      return;
    }
    this.#byLetters ??= new Map([...this.#files.files.keys()].map((one) => [letters(one), one]));
    const alike = this.#byLetters.get(letters(filename));
    const hint = alike === undefined ? '' : ` (it has ${shorten(alike)})`;
    this.#findings.contradict(
      line,
      `names ${shorten(filename)}, and version ${versionId} has no file of that name${hint}; publish it under that name, or make the feed again`,
    );
  }
}

/** The filenames that a reference may mean: as it is, and with its percent escapes read. */
function filenamesOf(reference: string): readonly string[] {
  const path = URL.canParse(reference) ? new URL(reference).pathname : reference;
  const last = path.slice(path.lastIndexOf('/') + 1);
  const [bare = last] = last.split(/[?#]/);
  return [...new Set([last, bare, unescaped(bare)])];
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The host of an absolute URL that is no address of a package. */
function otherHost(reference: string): string | undefined {
  if (!/^https?:/i.test(reference) || !URL.canParse(reference)) return undefined;
  const { host, pathname } = new URL(reference);
  return /\/(?:packages|channels)\/[^/]+\/[^/]+$/.test(pathname) ? undefined : host;
}

function letters(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

function hexOf(text: string, bytes: number): string | undefined {
  if (text.length === bytes * 2 && /^[0-9a-f]+$/i.test(text)) return text.toLowerCase();
  const decoded = fromBase64(text);
  return decoded?.length === bytes ? decoded.toString('hex') : undefined;
}
