/** The files of a version in memory, as checks see them. */

import { createHash } from 'node:crypto';
import type { ChannelPolicy, CheckResult } from '../../../core/checked.ts';
import { checkVersion } from '../../../core/checks/check-version.ts';
import type {
  FurtherDigest,
  VersionFile,
  VersionFiles,
} from '../../../core/checks/files/version-files.ts';
import type { BundleVerifier } from '../../../core/checks/signatures/bundle-verifier.ts';
import type { PackageState } from '../../../core/records.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';

export type Contents = Readonly<Record<string, string | Buffer>>;

interface Options {
  readonly remembered?: Contents;
  readonly states?: Readonly<Record<string, PackageState>>;
}

export class MemoryFiles implements VersionFiles {
  readonly versionId = '1.4.0';
  readonly files: ReadonlyMap<string, VersionFile>;
  bytesRead = 0;
  readonly #bytes = new Map<string, Buffer>();
  readonly #remembered: ReadonlyMap<string, VersionFile>;

  constructor(contents: Contents, { remembered = {}, states = {} }: Options = {}) {
    this.files = this.#enter(contents, this.versionId, states);
    this.#remembered = this.#enter(remembered, '1.3.0', states);
  }

  async remembered(filename: string): Promise<VersionFile | undefined> {
    return this.#remembered.get(filename);
  }

  async read(file: VersionFile): Promise<Buffer> {
    this.bytesRead += file.size;
    return this.#bytesOf(file);
  }

  async eachPiece(file: VersionFile, look: (piece: Uint8Array) => void): Promise<void> {
    this.bytesRead += file.size;
    look(this.#bytesOf(file));
  }

  async digest(file: VersionFile, algorithm: FurtherDigest): Promise<string> {
    return createHash(algorithm).update(this.#bytesOf(file)).digest('hex');
  }

  #bytesOf({ versionId, filename }: VersionFile): Buffer {
    const bytes = this.#bytes.get(`${versionId}/${filename}`);
    if (bytes === undefined) throw new Error(`${filename} is not among the files`);
    return bytes;
  }

  #enter(
    contents: Contents,
    versionId: string,
    states: Readonly<Record<string, PackageState>>,
  ): ReadonlyMap<string, VersionFile> {
    const entries = Object.entries(contents).map(([filename, content]): [string, VersionFile] => {
      const bytes = Buffer.from(content);
      this.#bytes.set(`${versionId}/${filename}`, bytes);
      const state = states[filename] ?? 'available';
      return [
        filename,
        { versionId, filename, size: bytes.length, sha256: sha256Of(bytes), state },
      ];
    });
    return new Map(entries);
  }
}

/** For checks that verify no bundle of Sigstore. */
export const NEVER: BundleVerifier = {
  verify: async () => {
    throw new Error('no channel asked for signatures by Sigstore');
  },
};

export function check(
  contents: Contents,
  policy: ChannelPolicy = {},
  options: Options = {},
): Promise<readonly CheckResult[]> {
  return checkVersion(new MemoryFiles(contents, options), policy, NEVER);
}

export function failuresOf(results: readonly CheckResult[]): readonly CheckResult[] {
  return results.filter(({ verdict }) => verdict === 'failed');
}
