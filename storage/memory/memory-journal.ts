/** The journal of a migration in memory, for tests and for runs without a journal file. */
import type { PackageKey } from '../../core/names.ts';
import type { BytesInStore, CopyUnderWay, Journal } from '../../core/ports/journal.ts';

export class MemoryJournal implements Journal {
  /** By place and key. */
  readonly #hashes = new Map<string, { readonly fingerprint: string; readonly sha256: string }>();
  readonly #copies = new Map<string, CopyUnderWay & { readonly parts: Map<number, string> }>();

  sha256Of(bytes: BytesInStore): string | undefined {
    const known = this.#hashes.get(nameOf(bytes));
    return known?.fingerprint === bytes.fingerprint ? known.sha256 : undefined;
  }

  noteSha256(bytes: BytesInStore, sha256: string): void {
    this.#hashes.set(nameOf(bytes), { fingerprint: bytes.fingerprint, sha256 });
  }

  copyUnderWay(target: string, key: PackageKey): CopyUnderWay | undefined {
    return this.#copies.get(JSON.stringify([target, key]));
  }

  noteCopyBegun(target: string, source: BytesInStore, uploadId: string): void {
    this.#copies.set(JSON.stringify([target, source.key]), { source, uploadId, parts: new Map() });
  }

  notePart(
    target: string,
    key: PackageKey,
    uploadId: string,
    partNumber: number,
    sha256: string,
  ): void {
    const copy = this.#copies.get(JSON.stringify([target, key]));
    if (copy?.uploadId === uploadId) copy.parts.set(partNumber, sha256);
  }

  noteCopyEnded(target: string, key: PackageKey): void {
    this.#copies.delete(JSON.stringify([target, key]));
  }

  close(): void {
    // Nothing is open.
  }
}

function nameOf({ place, key }: BytesInStore): string {
  return JSON.stringify([place, key]);
}
