/** Who signed the Sigstore bundles of a version, and whether each file has one that counts. */
import { matchesPattern } from '../../access/access.ts';
import type { CheckResult, SigstorePolicy } from '../../checked.ts';
import { shorten } from '../../errors.ts';
import type { Findings } from '../files/results.ts';
import type { VersionFile, VersionFiles } from '../files/version-files.ts';
import { isFault } from '../parsing/text.ts';
import { field, type Node, textOf } from '../parsing/tree.ts';
import { parseJson } from '../parsing/yaml-text.ts';
import type { BundleVerifier } from './bundle-verifier.ts';
import { type Subject, subjectsIn } from './subjects.ts';

/** Bundles of real tools have 5 to 50 KiB; provenance of many files has more. */
const BUNDLES_BYTES_MAX = 1024 * 1024;
/** Each takes some milliseconds to verify. */
const DOCUMENTS_MAX = 100;
const NAME_MAX = 300;

/** One bundle, or one envelope, of a file. */
export interface SignedDocument {
  readonly text: string;
  readonly root: Node;
  /** In a file of several. */
  readonly line: number | undefined;
  readonly beside: VersionFile | undefined;
}

/** What an attestation is; undefined: signed bytes. */
type PredicateType = string | undefined;

export class Attestations {
  readonly #files: VersionFiles;
  readonly #policy: SigstorePolicy;
  readonly #verifier: BundleVerifier;
  /** What the right signer says about the file with a digest. */
  readonly #bySha256 = new Map<string, PredicateType[]>();
  /** Of subjects that have no SHA-256. */
  readonly #bySha512 = new Map<string, PredicateType[]>();

  constructor(files: VersionFiles, policy: SigstorePolicy, verifier: BundleVerifier) {
    this.#files = files;
    this.#policy = policy;
    this.#verifier = verifier;
  }

  /** Notes a file that is too large to be verified. */
  isTooLarge({ size }: VersionFile, findings: Findings): boolean {
    if (size <= BUNDLES_BYTES_MAX) return false;
    findings.fail(
      undefined,
      `has ${size} bytes; signatures are verified in files of up to ${BUNDLES_BYTES_MAX} bytes`,
    );
    return true;
  }

  /** @returns who signed them; faults are noted */
  async verify(
    documents: readonly SignedDocument[],
    findings: Findings,
  ): Promise<readonly string[]> {
    if (documents.length > DOCUMENTS_MAX) {
      findings.fail(
        undefined,
        `has ${documents.length} bundles; up to ${DOCUMENTS_MAX} are verified`,
      );
      return [];
    }
    const signers = new Set<string>();
    for (const document of documents) {
      const isEnvelope = field(document.root, 'verificationMaterial') === undefined;
      if (isEnvelope && document.line !== undefined) {
        findings.skip(
          document.line,
          'is an envelope without a certificate, so who signed it was not verified; it does not count for what the channel asks',
        );
        continue;
      }
      const signer = await this.#verifyOne(document, findings);
      if (signer !== undefined) signers.add(signer);
    }
    return [...signers];
  }

  async #verifyOne(document: SignedDocument, findings: Findings): Promise<string | undefined> {
    const { text, line = 1, beside } = document;
    const signed = await this.#verifier.verify(text, async (look) => {
      if (beside !== undefined) await this.#files.eachPiece(beside, look);
    });
    if (typeof signed === 'string') {
      findings.fail(
        line,
        `${signed}; attest the published file again (actions/attest, cosign attest-blob or sign-blob --bundle)`,
      );
      return undefined;
    }
    const { issuer, identity } = this.#policy;
    if (signed.issuer !== issuer || !matchesPattern(identity, signed.identity)) {
      findings.fail(
        line,
        `is signed by ${shown(signed.identity)} of ${shown(signed.issuer)}, and the channel asks for ${identity} of ${issuer}; sign it there, or set sigstore in the policy of the channel`,
      );
      return undefined;
    }
    if (signed.statement === undefined) this.#note([{ sha256: beside?.sha256 }], undefined);
    else this.#add(signed.statement, line, findings);
    return signed.identity;
  }

  #add(text: string, line: number, findings: Findings): void {
    const statement = parseJson(text);
    const type = isFault(statement) ? undefined : textOf(field(statement, '_type'));
    if (isFault(statement) || type?.startsWith('https://in-toto.io/Statement/') !== true) {
      findings.fail(line, `signs no statement of in-toto: its _type is ${shorten(`${type}`)}`);
      return;
    }
    this.#note(subjectsIn(statement), textOf(field(statement, 'predicateType')));
  }

  #note(subjects: readonly Subject[], predicateType: PredicateType): void {
    for (const { sha256, sha512 } of subjects) {
      const [digest, noted] =
        sha256 === undefined ? [sha512, this.#bySha512] : [sha256, this.#bySha256];
      if (digest !== undefined) noted.set(digest, [...(noted.get(digest) ?? []), predicateType]);
    }
  }

  /** Each file that people install needs a bundle that counts. */
  async checkAll(isCompanion: (filename: string) => boolean): Promise<readonly CheckResult[]> {
    const { identity, predicateType } = this.#policy;
    const results: CheckResult[] = [];
    for (const file of this.#files.files.values()) {
      const { filename, state } = file;
      if (state !== 'available' || isCompanion(filename)) continue;
      const about = await this.#about(file);
      const isEnough = predicateType === undefined ? about.size > 0 : about.has(predicateType);
      if (isEnough) continue;
      const found =
        about.size === 0
          ? 'is attested by no Sigstore bundle of the version that counts'
          : `is attested as ${[...about].map((one) => one ?? 'bytes alone').join(', ')} only`;
      const asked = predicateType === undefined ? '' : ` as ${predicateType}`;
      const detail = `${found}, and the channel asks for one by ${identity}${asked}; publish ${filename}.sigstore.json with it`;
      results.push({ check: 'statement', filename, verdict: 'failed', detail });
    }
    return results;
  }

  /** In the background, where this runs, a file is read at most once for its SHA-512. */
  async #about(file: VersionFile): Promise<ReadonlySet<PredicateType>> {
    const bySha256 = this.#bySha256.get(file.sha256) ?? [];
    if (this.#bySha512.size === 0) return new Set(bySha256);
    const sha512 = await this.#files.digest(file, 'sha512');
    return new Set([...bySha256, ...(this.#bySha512.get(sha512 ?? '') ?? [])]);
  }
}

/** Whole URLs of workflows, and not what fills a screen. */
function shown(text: string): string {
  return JSON.stringify(text.length > NAME_MAX ? `${text.slice(0, NAME_MAX)}...` : text);
}
