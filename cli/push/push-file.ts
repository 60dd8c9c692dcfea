/** Pushes one file: announces it, sends what is missing, and waits for the proof. */
import { isStowageError } from '../../client/stowage-error.ts';
import { type UploadReport, uploadPackage } from '../../client/upload.ts';
import { methodFor } from '../../core/proof/part-plan.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import type { Session } from '../command/cli.ts';
import { isInterruption } from '../command/explain.ts';
import type { Progress } from '../output/progress.ts';
import { FileDigests } from './file-digests.ts';
import { fileSender } from './file-sender.ts';
import { hashChunks } from './hash-chunks.ts';
import { changed, type HashedItem } from './hash-file.ts';
import { isSame, LocalFile } from './local-file.ts';

export interface PushOptions {
  readonly versionId: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly concurrency: number;
  readonly method: 'single' | 'multipart' | undefined;
}

/**
 * @param onAnnounced called once the service knows the file, or the push has failed
 * @throws Fault, StowageError; FILE_CHANGED if the file is not the one that was hashed
 */
export async function pushFile(
  session: Pick<Session, 'client' | 'signal'>,
  item: HashedItem,
  options: PushOptions,
  progress: Progress,
  onAnnounced: () => void = () => undefined,
): Promise<UploadReport> {
  try {
    const file = await LocalFile.open(item.path);
    try {
      if (!isSame(file.look, item.look)) throw changed(item.path, 'after it was read');
      return await new Push(session, item, options, file, progress, onAnnounced).run();
    } finally {
      await file.close();
    }
  } finally {
    onAnnounced();
  }
}

class Push {
  readonly #session: Pick<Session, 'client' | 'signal'>;
  readonly #item: HashedItem;
  readonly #options: PushOptions;
  readonly #file: LocalFile;
  readonly #progress: Progress;
  readonly #onAnnounced: () => void;
  #packageId: string | undefined;
  #isAnnounced = false;

  constructor(
    session: Pick<Session, 'client' | 'signal'>,
    item: HashedItem,
    options: PushOptions,
    file: LocalFile,
    progress: Progress,
    onAnnounced: () => void,
  ) {
    this.#session = session;
    this.#item = item;
    this.#options = options;
    this.#file = file;
    this.#progress = progress;
    this.#onAnnounced = onAnnounced;
    this.#packageId = item.packageId;
  }

  async run(): Promise<UploadReport> {
    try {
      return await this.#upload();
    } catch (error) {
      if (isInterruption(error) || !(await this.#file.hasChanged())) throw error;
      await this.#giveUp();
      throw changed(this.#item.path, 'while it was sent', error);
    }
  }

  #upload(): Promise<UploadReport> {
    const { client, signal } = this.#session;
    const { packageId, ext, filename, contentType, platform, size, sha256 } = this.#item;
    const { versionId, method, concurrency } = this.#options;
    const digests = new FileDigests(this.#file, (bytes) => {
      signal.throwIfAborted();
      // The service needs the digest first: it has such a file, or is of an older release.
      if (!this.#isAnnounced) this.#progress.show('hashing', bytes);
    });
    const declaration = {
      ...(packageId !== undefined && { packageId }),
      ...(ext !== undefined && { ext }),
      filename,
      size,
      ...withoutUndefined({ sha256 }),
      ...platform,
      metadata: { ...this.#options.metadata },
      partChecksums: methodFor(size, method) === 'multipart',
      ...(contentType === undefined ? {} : { contentType }),
      ...(method === undefined ? {} : { method }),
    };
    const task = {
      versionId,
      declaration,
      source: this.#file,
      // Hashed shortly before it is signed, while other parts are sent. So sending does not wait.
      hashPart: (partNumber: number, partSize: number) =>
        sha256 === undefined
          ? digests.ofPart(partNumber, partSize)
          : this.#hashPart(partNumber, partSize),
      hashWhole: () => digests.ofWhole(),
    };
    return uploadPackage(client, task, {
      concurrency,
      signal,
      send: fileSender(this.#file),
      onProgress: ({ phase, bytes }) => this.#progress.show(phase, bytes),
      onAnnounced: (announced) => {
        this.#isAnnounced = true;
        this.#packageId = announced.packageId;
        this.#onAnnounced();
      },
    });
  }

  /** Parts that are already stored are not read. */
  async #hashPart(partNumber: number, partSize: number): Promise<string> {
    const start = (partNumber - 1) * partSize;
    const pieces = this.#file.read(start, Math.min(start + partSize, this.#file.size));
    const { sha256 } = await hashChunks(pieces, () => this.#session.signal.throwIfAborted());
    return sha256;
  }

  /** The announced file no longer exists, so the upload is abandoned and its name is free again. */
  async #giveUp(): Promise<void> {
    if (this.#packageId === undefined) return;
    try {
      await this.#session.client.abortUpload(this.#options.versionId, this.#packageId);
    } catch (error) {
      if (!isStowageError(error)) throw error;
    }
  }
}
