/** Uploads several files from a page: `createUploader`. */
import pLimit from 'p-limit';
import { type StartWorker, startHashWorker } from '../hashing/start-worker.ts';
import { StowageClient, type StowageClientOptions } from '../stowage-client.ts';
import { FileUpload, type NewUpload } from './file-upload.ts';
import { type GivenToken, keepToken } from './kept-token.ts';
import { browserSender } from './xhr-sender.ts';

export interface UploaderOptions extends Omit<StowageClientOptions, 'token' | 'getToken'> {
  /**
   * Gets the upload that needs a token, so that each can have a grant of its own; undefined for
   * requests of `client`. A text is asked for before each request. An object, such as the answer of
   * `grantUpload`, is kept for half of its life.
   */
  readonly getToken: (upload?: FileUpload) => GivenToken | Promise<GivenToken>;
  /** Files that are uploaded at a time. @default 2 */
  readonly filesAtOnce?: number;
  /** Parts of one file that are sent at a time. @default 4 */
  readonly partsAtOnce?: number;
  /** How long an upload waits without any progress, before it fails. @default 600 */
  readonly patienceSeconds?: number;
  /** For pages that place the worker elsewhere, or whose Trusted Types want their own policy. */
  readonly startWorker?: StartWorker;
}

export interface UploaderEvents {
  /** An upload has another state. */
  readonly change: (upload: FileUpload) => void;
  /** Bytes were hashed or sent; several times a second while they are. */
  readonly progress: (upload: FileUpload) => void;
}

/** @throws TypeError if `url` is not a valid URL */
export function createUploader(options: UploaderOptions): Uploader {
  return new Uploader(options);
}

export class Uploader {
  readonly client: StowageClient;
  readonly #options: UploaderOptions;
  readonly #uploads = new Set<FileUpload>();
  readonly #listeners = {
    change: new Set<UploaderEvents['change']>(),
    progress: new Set<UploaderEvents['progress']>(),
  };
  readonly #limit: ReturnType<typeof pLimit>;

  constructor(options: UploaderOptions) {
    this.#options = options;
    this.client = this.#clientOf(() => undefined);
    this.#limit = pLimit(options.filesAtOnce ?? 2);
  }

  /** All uploads that were added, in that order. */
  get uploads(): readonly FileUpload[] {
    return [...this.#uploads];
  }

  /**
   * Begins an upload. The same file again resumes an upload that was broken off.
   * @throws TypeError for a Blob without a name
   */
  add(task: NewUpload): FileUpload {
    const { partsAtOnce, patienceSeconds = 600, startWorker = startHashWorker } = this.#options;
    const client = this.#clientOf(() => upload);
    const upload: FileUpload = new FileUpload(task, {
      client,
      send: browserSender(client.transport),
      startWorker,
      partsAtOnce,
      patienceSeconds,
      inTurn: (work) => this.#limit(work),
      onChange: (changed) => this.#emit('change', changed),
      onProgress: (changed) => this.#emit('progress', changed),
    });
    this.#uploads.add(upload);
    return upload;
  }

  /** @returns a function that ends the subscription */
  on<Name extends keyof UploaderEvents>(name: Name, listener: UploaderEvents[Name]): () => void {
    this.#listeners[name].add(listener);
    return () => {
      this.#listeners[name].delete(listener);
    };
  }

  pause(): void {
    for (const upload of this.#uploads) upload.pause();
  }

  resume(): void {
    for (const upload of this.#uploads) upload.resume();
  }

  /** Cancels all that have not ended. @returns when their names are free */
  async cancel(reason?: unknown): Promise<void> {
    await Promise.all(this.uploads.map((upload) => upload.cancel(reason)));
  }

  #clientOf(uploadOf: () => FileUpload | undefined): StowageClient {
    const { getToken } = this.#options;
    return new StowageClient({
      ...this.#options,
      getToken: keepToken(() => getToken(uploadOf())),
    });
  }

  #emit(name: keyof UploaderEvents, upload: FileUpload): void {
    for (const listener of this.#listeners[name]) listener(upload);
  }
}
