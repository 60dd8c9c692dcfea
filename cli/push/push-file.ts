/** Pushes one file: hashes it, announces it, sends what is missing, and waits for the proof. */
import { isStowageError } from '../../client/stowage-error.ts';
import { type UploadReport, uploadPackage } from '../../client/upload.ts';
import { methodFor } from '../../core/proof/terms.ts';
import type { Session } from '../command/cli.ts';
import { isInterruption } from '../command/explain.ts';
import { failure } from '../output/fault.ts';
import { type Progress, progressOf } from '../output/progress.ts';
import { fileSender } from './file-sender.ts';
import { hashChunks } from './hash-chunks.ts';
import { LocalFile } from './local-file.ts';
import type { PushItem } from './plan-push.ts';

export interface PushOptions {
  readonly versionId: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly concurrency: number;
  readonly method: 'single' | 'multipart' | undefined;
}

/** @throws Fault, StowageError */
export async function pushFile(
  session: Session,
  item: PushItem,
  options: PushOptions,
): Promise<UploadReport> {
  const file = await LocalFile.open(item.path);
  const progress = progressOf(session.output, `${item.packageId}.${item.ext}`, file.size);
  try {
    return await new Push(session, item, options, file, progress).run();
  } finally {
    progress.end();
    await file.close();
  }
}

class Push {
  readonly #session: Session;
  readonly #item: PushItem;
  readonly #options: PushOptions;
  readonly #file: LocalFile;
  readonly #progress: Progress;

  constructor(
    session: Session,
    item: PushItem,
    options: PushOptions,
    file: LocalFile,
    progress: Progress,
  ) {
    this.#session = session;
    this.#item = item;
    this.#options = options;
    this.#file = file;
    this.#progress = progress;
  }

  async run(): Promise<UploadReport> {
    const sha256 = await this.#hash();
    try {
      return await this.#upload(sha256);
    } catch (error) {
      if (isInterruption(error) || !(await this.#file.hasChanged())) throw error;
      await this.#giveUp();
      throw changed(this.#item.path, 'sent', error);
    }
  }

  async #hash(): Promise<string> {
    const { signal } = this.#session;
    try {
      const { size, sha256 } = await hashChunks(this.#file.read(), (bytes) => {
        signal.throwIfAborted();
        this.#progress.show('hashing', bytes);
      });
      if (size === this.#file.size && !(await this.#file.hasChanged())) return sha256;
    } catch (error) {
      if (isInterruption(error) || !(await this.#file.hasChanged())) throw error;
      throw changed(this.#item.path, 'read', error);
    }
    throw changed(this.#item.path, 'read');
  }

  #upload(sha256: string): Promise<UploadReport> {
    const { client, signal } = this.#session;
    const { packageId, ext, filename, contentType } = this.#item;
    const { versionId, method, concurrency } = this.#options;
    const declaration = {
      packageId,
      ext,
      filename,
      size: this.#file.size,
      sha256,
      metadata: { ...this.#options.metadata },
      partChecksums: methodFor(this.#file.size, method) === 'multipart',
      ...(contentType === undefined ? {} : { contentType }),
      ...(method === undefined ? {} : { method }),
    };
    const task = {
      versionId,
      declaration,
      source: this.#file,
      hashPart: this.#hashPart.bind(this),
    };
    return uploadPackage(client, task, {
      concurrency,
      signal,
      send: fileSender(this.#file),
      onProgress: ({ phase, bytes }) => this.#progress.show(phase, bytes),
    });
  }

  /**
   * Hashes a part just before it is signed, while other parts are sent. So sending does not wait,
   * and parts that are already stored are not read.
   */
  async #hashPart(partNumber: number, partSize: number): Promise<string> {
    const start = (partNumber - 1) * partSize;
    const pieces = this.#file.read(start, Math.min(start + partSize, this.#file.size));
    const { sha256 } = await hashChunks(pieces, () => this.#session.signal.throwIfAborted());
    return sha256;
  }

  /** The announced file no longer exists, so the upload is abandoned and its name is free again. */
  async #giveUp(): Promise<void> {
    try {
      await this.#session.client.abortUpload(this.#options.versionId, this.#item.packageId);
    } catch (error) {
      if (!isStowageError(error)) throw error;
    }
  }
}

function changed(path: string, while_: 'read' | 'sent', cause?: unknown) {
  return failure('FILE_CHANGED', `${path} changed while it was ${while_}`, {
    hint: 'nothing of it was published; push it again when no other program writes to it',
    cause,
  });
}
