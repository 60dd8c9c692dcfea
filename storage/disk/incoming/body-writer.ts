/** Streams a body into a file: gathers large writes, hashes while they run, and holds length and SHA-256 against the terms. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { ServiceError } from '../../../core/errors.ts';
import type { BodyReader } from './body-reader.ts';

export interface WriteTerms {
  /** Where in the file the first byte goes. */
  readonly offset: number;
  /** Exact length in bytes. */
  readonly size: number;
  /** 64 lower-case hex digits; absent: the bytes are not hashed. */
  readonly sha256?: string | undefined;
}

const GATHER_BYTES = 512 * 1024;
/** The disk is set to work early and often, so that the sync at the end has little left to wait for. */
const SYNC_BYTES = 8 * 1024 * 1024;

/**
 * Writes the whole body. At most two gatherings are in memory: one being filled, one being written.
 * @throws INTEGRITY where the body is shorter, longer, or of another SHA-256 than the terms say
 */
export async function writeBody(
  reader: BodyReader,
  file: FileHandle,
  terms: WriteTerms,
): Promise<void> {
  const hash = terms.sha256 === undefined ? undefined : createHash('sha256');
  const writer = new GatheringWriter(file, terms.offset, (chunk) => reader.giveBack(chunk));
  let received = 0;
  try {
    for (let chunk = await reader.next(); chunk !== undefined; chunk = await reader.next()) {
      received += chunk.length;
      if (received > terms.size) throw wrongLength(terms.size, `at least ${received}`);
      hash?.update(chunk);
      await writer.take(chunk);
    }
    await writer.end();
  } finally {
    await writer.idle();
  }
  if (received !== terms.size) throw wrongLength(terms.size, String(received));
  const sha256 = hash?.digest('hex');
  if (sha256 !== terms.sha256) {
    throw new ServiceError(
      'INTEGRITY',
      `sha256 of the bytes must be ${terms.sha256}, got ${sha256}`,
    );
  }
}

function wrongLength(size: number, got: string): ServiceError {
  return new ServiceError('INTEGRITY', `the body must have ${size} bytes, got ${got}`);
}

class GatheringWriter {
  readonly #file: FileHandle;
  readonly #done: (chunk: Uint8Array) => void;
  #offset: number;
  #gathered: Uint8Array[] = [];
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #unsyncedBytes = 0;
  #syncing: Promise<void> | undefined;
  #syncFailure: { readonly reason: unknown } | undefined;

  /** @param done is told of chunks that have been written */
  constructor(file: FileHandle, offset: number, done: (chunk: Uint8Array) => void) {
    this.#file = file;
    this.#done = done;
    this.#offset = offset;
  }

  async take(chunk: Uint8Array): Promise<void> {
    this.#gathered.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= GATHER_BYTES) await this.#flush();
  }

  /** Waits for all that was taken to be written. */
  async end(): Promise<void> {
    await this.#flush();
    await this.#writing;
    await this.#syncing;
    // The system tells of a failed sync once: the next one on this file may succeed although bytes are lost.
    if (this.#syncFailure !== undefined) throw this.#syncFailure.reason;
  }

  /** Nothing is being written any more, whether that went well or not: the file may be closed. */
  async idle(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#syncing;
  }

  async #flush(): Promise<void> {
    await this.#writing;
    if (this.#bytes === 0) return;
    this.#writing = this.#write(this.#gathered, this.#bytes, this.#offset);
    // Whoever awaits it next sees the failure; until then it must not count as unhandled.
    this.#writing.catch(() => undefined);
    this.#offset += this.#bytes;
    this.#unsyncedBytes += this.#bytes;
    this.#gathered = [];
    this.#bytes = 0;
    this.#syncEarly();
  }

  async #write(chunks: readonly Uint8Array[], bytes: number, offset: number): Promise<void> {
    await writeAll(this.#file, chunks, bytes, offset);
    for (const chunk of chunks) this.#done(chunk);
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
