/** Pushes one file: hash, announce, send what is missing, wait for the proof. */
import { isStowageError } from '../../client/stowage-error.ts';
import { type UploadReport, uploadPackage } from '../../client/upload.ts';
import { methodFor, partSizeFor } from '../../core/uploads/terms.ts';
import type { Session } from '../cli.ts';
import { isInterruption } from '../explain.ts';
import { failure } from '../fault.ts';
import { type Progress, progressOf } from '../output/progress.ts';
import { type Hashes, hashChunks } from './hash-chunks.ts';
import { LocalFile } from './local-file.ts';
import type { PushItem } from './plan-push.ts';
import { streamSender } from './stream-sender.ts';

export interface PushOptions {
  readonly versionId: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly concurrency: number;
  readonly method: 'single' | 'multipart' | undefined;
}

/** @throws Fault, StowageError */
export async function pushFile(session: Session, item: PushItem, options: PushOptions): Promise<UploadReport> {
  const file = await LocalFile.open(item.path);
  const progress = progressOf(session.output, `${item.packageId}.${item.ext}`, file.size);
  try {
    return await new Push(session, item, options, file, progress).run();
  } finally {
    progress.end();
  }
}

class Push {
  readonly #session: Session;
  readonly #item: PushItem;
  readonly #options: PushOptions;
  readonly #file: LocalFile;
  readonly #progress: Progress;

  constructor(session: Session, item: PushItem, options: PushOptions, file: LocalFile, progress: Progress) {
    this.#session = session;
    this.#item = item;
    this.#options = options;
    this.#file = file;
    this.#progress = progress;
  }

  async run(): Promise<UploadReport> {
    const hashes = await this.#hash();
    try {
      return await this.#upload(hashes);
    } catch (error) {
      if (isInterruption(error) || !(await this.#file.hasChanged())) throw error;
      await this.#giveUp();
      throw changed(this.#item.path, 'sent', error);
    }
  }

  async #hash(): Promise<Hashes> {
    const { signal } = this.#session;
    const { size } = this.#file;
    const cut = methodFor(size, this.#options.method) === 'multipart' ? partSizeFor(size) : undefined;
    const hashes = await hashChunks(this.#file.read(), cut, (bytes) => {
      signal.throwIfAborted();
      this.#progress.show('hashing', bytes);
    });
    if (hashes.size !== size || (await this.#file.hasChanged())) throw changed(this.#item.path, 'read');
    return hashes;
  }

  #upload(hashes: Hashes): Promise<UploadReport> {
    const { client, signal } = this.#session;
    const { packageId, ext, filename, contentType } = this.#item;
    const { versionId, method, concurrency } = this.#options;
    const declaration = {
      packageId,
      ext,
      filename,
      size: hashes.size,
      sha256: hashes.sha256,
      metadata: { ...this.#options.metadata },
      partChecksums: hashes.parts.length > 0,
      ...(contentType === undefined ? {} : { contentType }),
      ...(method === undefined ? {} : { method }),
    };
    const task = { versionId, declaration, source: this.#file.blob, ...hasherOf(this.#file, hashes) };
    return uploadPackage(client, task, {
      concurrency,
      signal,
      send: streamSender(client.transport),
      onProgress: ({ phase, bytes }) => this.#progress.show(phase, bytes),
    });
  }

  /** What was announced is a file that is no more: the name is freed for what there is now. */
  async #giveUp(): Promise<void> {
    try {
      await this.#session.client.abortUpload(this.#options.versionId, this.#item.packageId);
    } catch (error) {
      if (!isStowageError(error)) throw error;
    }
  }
}

/** The parts as they were hashed. Where the file was hashed whole, and an upload that was begun before is in parts, the engine hashes them. */
function hasherOf(file: LocalFile, { parts }: Hashes) {
  const planned = partSizeFor(file.size);
  if (parts.length === 0) return {};
  return {
    hashPart: (partNumber: number, partSize: number): string => {
      const sha256 = partSize === planned ? parts[partNumber - 1] : undefined;
      if (sha256 !== undefined) return sha256;
      throw failure('CONFLICT', `the upload is cut into parts of ${partSize} bytes, expected ${planned}`, {
        hint: 'give it up with stowage rm, and push again',
      });
    },
  };
}

function changed(path: string, while_: 'read' | 'sent', cause?: unknown) {
  return failure('FILE_CHANGED', `${path} changed while it was ${while_}`, {
    hint: 'nothing of it was published; push it again when nobody writes to it',
    cause,
  });
}
