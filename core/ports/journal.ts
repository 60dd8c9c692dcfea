/**
 * The port behind which a migration remembers what it has found out, so that nothing is read or
 * sent twice. Losing it costs time, never correctness.
 */
import type { PackageKey } from '../names.ts';

/** Bytes in a store, named so that other bytes under the key are never taken for them. */
export interface BytesInStore {
  /** Which store, as the migration names it: a folder, a bucket with its endpoint. */
  readonly place: string;
  readonly key: PackageKey;
  /** The fingerprint that the store reported, or size and ETag (see `bytesOf`). */
  readonly fingerprint: string;
}

/** A multipart upload that a copy has begun. */
export interface CopyUnderWay {
  /** The bytes that are copied. */
  readonly source: BytesInStore;
  readonly uploadId: string;
  /** SHA-256 in hex of the parts that the target has taken, by number. */
  readonly parts: ReadonlyMap<number, string>;
}

/**
 * Synchronous, because it is stored on this machine. Copies and parts survive a kill -9 from the
 * moment they are noted; the last few hashes may be lost. It keeps only the last bytes of a key in
 * a place.
 */
export interface Journal {
  /** SHA-256 in hex of bytes that were read, or that a store took under proof. */
  sha256Of(bytes: BytesInStore): string | undefined;
  noteSha256(bytes: BytesInStore, sha256: string): void;

  /** @param target the place the copy goes to */
  copyUnderWay(target: string, key: PackageKey): CopyUnderWay | undefined;
  noteCopyBegun(target: string, source: BytesInStore, uploadId: string): void;
  notePart(
    target: string,
    key: PackageKey,
    uploadId: string,
    partNumber: number,
    sha256: string,
  ): void;
  noteCopyEnded(target: string, key: PackageKey): void;

  /** Repeatable. */
  close(): void;
}
