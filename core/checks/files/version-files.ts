/** The port through which checks see the files of a version: names and digests from records, bytes on demand. */
import type { FurtherDigests } from '../../checked.ts';
import type { PackageState } from '../../records.ts';

/** Beside the SHA-256, which every record has. */
export type FurtherDigest = keyof FurtherDigests;

export interface VersionFile {
  readonly versionId: string;
  readonly filename: string;
  readonly size: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly state: PackageState;
}

export interface VersionFiles {
  readonly versionId: string;
  /** The available and yanked files of the version, by filename. */
  readonly files: ReadonlyMap<string, VersionFile>;
  /**
   * A file of an earlier version that the channel still serves under this name: feeds name older
   * files too. Undefined where there is none, and where no channel was named.
   */
  remembered(filename: string): Promise<VersionFile | undefined>;
  /** All bytes of a file. Callers look at its size first. */
  read(file: VersionFile): Promise<Buffer>;
  /** Passes on all bytes of a file, piece by piece. A piece is valid only during the call. */
  eachPiece(file: VersionFile, look: (piece: Uint8Array) => void): Promise<void>;
  /** In lower-case hex; undefined where reading the file would take longer than the caller waits. */
  digest(file: VersionFile, algorithm: FurtherDigest): Promise<string | undefined>;
}
