/**
 * Streams a body into a file: gathers chunks for large writes, hashes while they run, and compares
 * length and SHA-256 with the terms. A large body is hashed in another thread, from the file.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { ServiceError } from '../../../core/errors.ts';
import { hashInThread, type ThreadHash } from '../../hashing/hashing-thread.ts';
import type { BodyReader } from './body-reader.ts';

export interface WriteTerms {
  /** The position of the first byte in the file. */
  readonly offset: number;
  /** Exact length in bytes. */
  readonly size: number;
  /** 64 lower-case hex digits. If absent, the bytes are not hashed. */
  readonly sha256?: string | undefined;
}

const GATHER_BYTES = 512 * 1024;
/** Syncs run after so many bytes, so that the sync at the end has little left to do. */
const SYNC_BYTES = 8 * 1024 * 1024;

/**
 * Writes the whole body. At most two gathered blocks are in memory: one is filled while the other
 * is written.
 * @throws INTEGRITY when the length or the SHA-256 of the body differs from the terms
 */
export async function writeBody(
  reader: BodyReader,
  file: FileHandle,
  terms: WriteTerms,
): Promise<void> {
  const hash = await hashFor(file, terms);
  const writer = new GatheringWriter(file, terms.offset, (chunk) => reader.giveBack(chunk));
  let received = 0;
  try {
    for (let chunk = await reader.next(); chunk !== undefined; chunk = await reader.next()) {
      received += chunk.length;
      if (received > terms.size) throw wrongLength(terms.size, `at least ${received}`);
      hash?.update(chunk);
      await writer.take(chunk);
      hash?.written(writer.writtenBytes);
    }
    await writer.end();
    if (received !== terms.size) throw wrongLength(terms.size, String(received));
    const sha256 = await hash?.digest();
    if (sha256 !== terms.sha256) throw wrongDigest(terms.sha256, sha256);
  } finally {
    await writer.idle();
    await hash?.settled();
  }
}

function wrongDigest(expected: string | undefined, got: string | undefined): ServiceError {
  return new ServiceError('INTEGRITY', `sha256 of the bytes must be ${expected}, got ${got}`);
}

function wrongLength(size: number, got: string): ServiceError {
  return new ServiceError('INTEGRITY', `the body must have ${size} bytes, got ${got}`);
}

/** The hash of a body that is being written. */
interface BodyHash {
  /** Each chunk as it arrives. */
  update(chunk: Uint8Array): void;
  /** How many bytes of the body are in the file. */
  written(bytes: number): void;
  /** Called when all bytes are in the file. */
  digest(): Promise<string>;
  /** Settles, without rejecting, when the file may be closed. */
  settled(): Promise<void>;
}

/** @returns undefined if the bytes are not hashed */
async function hashFor(file: FileHandle, terms: WriteTerms): Promise<BodyHash | undefined> {
  if (terms.sha256 === undefined) return undefined;
  const thread = await hashInThread(file.fd, terms.size);
  if (thread !== undefined) return new HashOfFile(thread, terms);
  const hash = createHash('sha256');
  return {
    update: (chunk) => hash.update(chunk),
    written: () => undefined,
    digest: async () => hash.digest('hex'),
    settled: async () => undefined,
  };
}

/** Ranges that are hashed at a time. */
const RANGE_BYTES = 4 * 1024 * 1024;

class HashOfFile implements BodyHash {
  readonly #thread: ThreadHash;
  readonly #terms: WriteTerms;
  #asked = 0;
  #failure: { readonly reason: unknown } | undefined;

  constructor(thread: ThreadHash, terms: WriteTerms) {
    this.#thread = thread;
    this.#terms = terms;
  }

  update(): void {}

  written(bytes: number): void {
    if (bytes - this.#asked >= RANGE_BYTES) this.#hashTo(bytes);
  }

  async digest(): Promise<string> {
    this.#hashTo(this.#terms.size);
    await this.#thread.settled();
    if (this.#failure !== undefined) throw this.#failure.reason;
    return this.#thread.whole();
  }

  settled(): Promise<void> {
    return this.#thread.settled();
  }

  #hashTo(bytes: number): void {
    const { offset } = this.#terms;
    this.#thread.next(offset + this.#asked, offset + bytes, false).catch((reason: unknown) => {
      this.#failure ??= { reason };
    });
    this.#asked = bytes;
  }
}

class GatheringWriter {
  readonly #file: FileHandle;
  readonly #onWritten: (chunk: Uint8Array) => void;
  #offset: number;
  #writtenBytes = 0;
  #gathered: Uint8Array[] = [];
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #unsyncedBytes = 0;
  #syncing: Promise<void> | undefined;
  #syncFailure: { readonly reason: unknown } | undefined;

  /** @param onWritten called with each chunk once it is written */
  constructor(file: FileHandle, offset: number, onWritten: (chunk: Uint8Array) => void) {
    this.#file = file;
    this.#onWritten = onWritten;
    this.#offset = offset;
  }

  /** How many bytes are in the file; those before them are too. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  async take(chunk: Uint8Array): Promise<void> {
    this.#gathered.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= GATHER_BYTES) await this.#flush();
  }

  /** Waits until all chunks are written. @throws the first error of a write or a sync */
  async end(): Promise<void> {
    await this.#flush();
    await this.#writing;
    await this.#syncing;
    // Linux reports a failed sync once. The next one may succeed although bytes were lost.
    if (this.#syncFailure !== undefined) throw this.#syncFailure.reason;
  }

  /** Waits until no write or sync runs, whatever their results, so that the file can be closed. */
  async idle(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#syncing;
  }

  async #flush(): Promise<void> {
    await this.#writing;
    if (this.#bytes === 0) return;
    this.#writing = this.#write(this.#gathered, this.#bytes, this.#offset);
    // The next await gets the error. Until then it must not count as unhandled.
    this.#writing.catch(() => undefined);
    this.#offset += this.#bytes;
    this.#unsyncedBytes += this.#bytes;
    this.#gathered = [];
    this.#bytes = 0;
    this.#syncEarly();
  }

  async #write(chunks: readonly Uint8Array[], bytes: number, offset: number): Promise<void> {
    await writeAll(this.#file, chunks, bytes, offset);
    this.#writtenBytes += bytes;
    for (const chunk of chunks) this.#onWritten(chunk);
  }

  #syncEarly(): void {
    if (this.#unsyncedBytes < SYNC_BYTES || this.#syncing !== undefined) return;
    this.#unsyncedBytes = 0;
    this.#syncing = this.#file.datasync().then(
      () => {
        this.#syncing = undefined;
      },
      (reason: unknown) => {
        this.#syncing = undefined;
        this.#syncFailure ??= { reason };
      },
    );
  }
}

async function writeAll(
  file: FileHandle,
  buffers: readonly Uint8Array[],
  bytes: number,
  offset: number,
): Promise<void> {
  const { bytesWritten } = await file.writev([...buffers], offset);
  if (bytesWritten < bytes) {
    const rest = Buffer.concat(buffers).subarray(bytesWritten);
    await writeAll(file, [rest], rest.length, offset + bytesWritten);
  }
}
