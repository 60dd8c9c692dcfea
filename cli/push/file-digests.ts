/**
 * Hashes a file while it is sent: each part shortly before it is signed, and the whole from the same
 * bytes, so that the file is hashed in one pass.
 */
import { createHash, type Hash } from 'node:crypto';
import { partPlanFor } from '../../core/proof/part-plan.ts';
import type { ThreadHash } from '../../storage/hashing/hashing-thread.ts';
import { hashChunks } from './hash-chunks.ts';
import type { LocalFile } from './local-file.ts';

/** Parts that are hashed before they are asked for, while those before them are sent. */
const AHEAD = 4;

type Source = Pick<LocalFile, 'path' | 'size' | 'read' | 'hasChanged'> &
  Partial<Pick<LocalFile, 'hashInThread'>>;

export class FileDigests {
  readonly #file: Source;
  readonly #onBytes: (bytes: number) => void;
  readonly #plan: { readonly partSize: number; readonly partCount: number };
  readonly #hash: Hash = createHash('sha256');
  /** Of the parts in their order; each is read once those before it are. */
  readonly #parts: Promise<string>[] = [];
  #whole: Promise<string> | undefined;
  #thread: Promise<ThreadHash | undefined> | undefined;

  /** @param onBytes receives the number of bytes read so far; may throw to stop the reading */
  constructor(file: Source, onBytes: (bytes: number) => void) {
    this.#file = file;
    this.#onBytes = onBytes;
    this.#plan = partPlanFor(file.size, true);
  }

  /** @param partSize as the service cuts the file */
  ofPart(partNumber: number, partSize: number): Promise<string> {
    if (partSize !== this.#plan.partSize) return this.#hashAlone(partNumber, partSize);
    const last = Math.min(partNumber + AHEAD, this.#plan.partCount);
    for (let next = this.#parts.length + 1; next <= last; next++) {
      const before = this.#parts.at(-1) ?? Promise.resolve();
      const digest = before.then(() => this.#hashNext(next));
      // Anyone who asks for this part, or for the whole, gets the error.
      digest.catch(() => undefined);
      this.#parts.push(digest);
    }
    return this.#parts[partNumber - 1] ?? this.#hashAlone(partNumber, partSize);
  }

  /**
   * Of the whole file, which reads what was not read yet.
   * @throws Error if the file has changed since it was opened
   */
  ofWhole(): Promise<string> {
    this.#whole ??= this.#finish();
    return this.#whole;
  }

  async #finish(): Promise<string> {
    await this.ofPart(this.#plan.partCount, this.#plan.partSize);
    if (await this.#file.hasChanged()) throw new Error(`${this.#file.path} has changed`);
    const thread = await this.#thread;
    return thread === undefined ? this.#hash.digest('hex') : thread.whole();
  }

  async #hashNext(partNumber: number): Promise<string> {
    const { start, end } = this.#range(partNumber, this.#plan.partSize);
    this.#thread ??= this.#file.hashInThread?.() ?? Promise.resolve(undefined);
    const thread = await this.#thread;
    if (thread !== undefined) {
      const sha256 = await thread.next(start, end, true);
      this.#onBytes(end);
      return sha256;
    }
    const part = createHash('sha256');
    let bytes = start;
    for await (const piece of this.#file.read(start, end)) {
      part.update(piece);
      this.#hash.update(piece);
      bytes += piece.length;
      this.#onBytes(bytes);
    }
    return part.digest('hex');
  }

  /** A part that the service cuts in another way than this release does. */
  async #hashAlone(partNumber: number, partSize: number): Promise<string> {
    const { start, end } = this.#range(partNumber, partSize);
    const { sha256 } = await hashChunks(this.#file.read(start, end), (bytes) =>
      this.#onBytes(start + bytes),
    );
    return sha256;
  }

  #range(partNumber: number, partSize: number) {
    const start = (partNumber - 1) * partSize;
    return { start, end: Math.min(start + partSize, this.#file.size) };
  }
}
