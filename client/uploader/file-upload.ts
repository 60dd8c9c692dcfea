/** The upload of one file: its state, and how it is paused, resumed and cancelled. */
import type { PackageBody } from '../../api/schemas/answers.ts';
import type { CreatePackageBody } from '../../api/schemas/requests.ts';
import { giveUp } from '../announce.ts';
import { FileHash } from '../hashing/file-hash.ts';
import type { StartWorker } from '../hashing/start-worker.ts';
import { isTransient } from '../retry.ts';
import type { SendBytes } from '../send-bytes.ts';
import type { StowageClient } from '../stowage-client.ts';
import { type UploadProgress, uploadPackage } from '../upload.ts';
import { networkOrTime } from './network.ts';

/**
 * `waiting` for its turn; `offline`: the service or the storage does not answer, and the upload goes
 * on by itself when it does.
 */
export type UploadState =
  | 'waiting'
  | 'hashing'
  | 'sending'
  | 'verifying'
  | 'offline'
  | 'paused'
  | 'published'
  | 'failed'
  | 'cancelled';

/** What to upload: a file, and how the service is to know it. */
export interface NewUpload
  extends Partial<
    Pick<
      CreatePackageBody,
      'packageId' | 'ext' | 'contentType' | 'os' | 'arch' | 'libc' | 'bundle' | 'metadata'
    >
  > {
  readonly file: Blob;
  readonly versionId: string;
  /** Required for a Blob without a name. @default `file.name` */
  readonly filename?: string | undefined;
  /** Cancels the upload. */
  readonly signal?: AbortSignal | undefined;
}

/** What all uploads of an uploader share. */
export interface UploadHost {
  readonly client: StowageClient;
  readonly send: SendBytes;
  readonly startWorker: StartWorker | undefined;
  readonly partsAtOnce: number | undefined;
  readonly patienceSeconds: number;
  /** Runs a few uploads at a time. */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>;
  readonly onChange: (upload: FileUpload) => void;
  readonly onProgress: (upload: FileUpload) => void;
}

/** From this size on, a file is sent in parts that are hashed one by one, and can be resumed. */
const IN_PARTS_FROM = 32 * 1024 * 1024;
const ENDED: ReadonlySet<UploadState> = new Set(['published', 'failed', 'cancelled']);

export class FileUpload {
  readonly file: Blob;
  readonly versionId: string;
  readonly filename: string;
  readonly totalBytes: number;
  /** The package when it is published. Rejects if the upload fails or is cancelled. */
  readonly done: Promise<PackageBody>;
  readonly #host: UploadHost;
  readonly #fields: Omit<NewUpload, 'file' | 'versionId' | 'filename' | 'signal'>;
  readonly #hash: FileHash;
  readonly #settled = Promise.withResolvers<PackageBody>();
  #state: UploadState = 'waiting';
  #bytes = 0;
  #error: unknown;
  #package: PackageBody | undefined;
  #attempt = new AbortController();
  /** Settles when the last attempt has ended. */
  #ended: Promise<void> = Promise.resolve();
  #lastProgressAt = Date.now();

  /** @throws TypeError for a Blob without a name */
  constructor(task: NewUpload, host: UploadHost) {
    const { file, versionId, filename = nameOf(file), signal, ...fields } = task;
    if (filename === undefined) throw new TypeError('a Blob needs a filename');
    this.file = file;
    this.versionId = versionId;
    this.filename = filename;
    this.totalBytes = file.size;
    this.#fields = fields;
    this.#host = host;
    const { startWorker } = host;
    this.#hash = new FileHash(file, { startWorker, onBytes: (bytes) => this.#hashed(bytes) });
    this.done = this.#settled.promise;
    // Pages that listen to events need not wait for it.
    this.done.catch(() => {});
    signal?.addEventListener('abort', () => void this.cancel(signal.reason), { once: true });
    if (signal?.aborted) void this.cancel(signal.reason);
    else this.#start();
  }

  get state(): UploadState {
    return this.#state;
  }

  /** Whether it is published, failed or cancelled. */
  get hasEnded(): boolean {
    return ENDED.has(this.#state);
  }

  /** Bytes that are hashed (state `hashing`), else bytes that are stored or being sent. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Why the upload failed, or why it waits (state `offline`). */
  get error(): unknown {
    return this.#error;
  }

  /** As soon as the service has answered which package it is. */
  get package(): PackageBody | undefined {
    return this.#package;
  }

  /** Stops sending. Parts that are stored stay there. */
  pause(): void {
    if (this.#state === 'paused' || this.hasEnded) return;
    this.#attempt.abort(new DOMException('the upload is paused', 'AbortError'));
    this.#change('paused');
  }

  /** Goes on after `pause`. */
  resume(): void {
    if (this.#state === 'paused') this.#start();
  }

  /**
   * Stops for good and frees the name.
   * @returns when the service has freed it, or could not be reached
   */
  async cancel(
    reason: unknown = new DOMException('the upload was cancelled', 'AbortError'),
  ): Promise<void> {
    if (this.hasEnded) return;
    this.#attempt.abort(reason);
    this.#end('cancelled', reason);
    await this.#ended;
    const { client } = this.#host;
    const announced = this.#package;
    if (announced === undefined) return;
    // If this fails, the service frees the name by itself, after some days.
    await giveUp(client, this.versionId, announced.packageId, undefined).catch(() => {});
  }

  #start(): void {
    this.#attempt = new AbortController();
    this.#lastProgressAt = Date.now();
    this.#change('waiting');
    const { signal } = this.#attempt;
    const before = this.#ended;
    this.#ended = before.then(() => this.#host.inTurn(() => this.#try(signal)));
  }

  async #try(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      const published = await this.#upload(signal);
      this.#package = published;
      this.#bytes = this.totalBytes;
      this.#end('published');
    } catch (error) {
      if (signal.aborted) return;
      if (isTransient(error) && !this.#isOutOfPatience()) this.#wait(error, signal);
      else this.#end('failed', error);
    }
  }

  async #upload(signal: AbortSignal): Promise<PackageBody> {
    const { client, send, partsAtOnce } = this.#host;
    const { file, versionId, filename, totalBytes: size } = this;
    const isInParts = size >= IN_PARTS_FROM;
    const hashWhole = () => {
      if (this.#state === 'waiting') this.#change('hashing');
      return this.#hash.whole();
    };
    const content = isInParts
      ? ({ method: 'multipart', partChecksums: true } as const)
      : ({ method: 'single', partChecksums: false, sha256: await hashWhole() } as const);
    signal.throwIfAborted();
    const declaration = { metadata: {}, ...this.#fields, filename, size, ...content };
    const hashPart = (number: number, partSize: number) => this.#hash.part(number, partSize);
    const report = await uploadPackage(
      client,
      { versionId, declaration, source: file, hashPart, hashWhole },
      {
        signal,
        send,
        ...(partsAtOnce === undefined ? {} : { concurrency: partsAtOnce }),
        onAnnounced: (announced) => {
          this.#package = announced;
        },
        onProgress: (progress) => this.#progress(progress),
      },
    );
    return report.package;
  }

  /** Until the network is back; the turn of this upload is free for others. */
  #wait(error: unknown, signal: AbortSignal): void {
    this.#error = error;
    this.#change('offline');
    const { maxDelayMs = 10_000 } = this.#host.client.transport.retry;
    void networkOrTime(maxDelayMs, signal).then(() => {
      if (signal.aborted) return;
      const { inTurn } = this.#host;
      this.#ended = this.#ended.then(() => inTurn(() => this.#try(signal)));
    });
  }

  #isOutOfPatience(): boolean {
    return Date.now() - this.#lastProgressAt > this.#host.patienceSeconds * 1000;
  }

  #hashed(bytes: number): void {
    if (this.#state === 'hashing') this.#count(bytes);
  }

  #progress({ phase, bytes }: UploadProgress): void {
    if (this.hasEnded || this.#state === 'paused') return;
    this.#error = undefined;
    if (this.#state !== phase) this.#change(phase);
    this.#count(bytes);
  }

  #count(bytes: number): void {
    if (bytes > this.#bytes) this.#lastProgressAt = Date.now();
    this.#bytes = bytes;
    this.#host.onProgress(this);
  }

  #change(state: UploadState): void {
    this.#state = state;
    this.#host.onChange(this);
  }

  #end(state: 'published' | 'failed' | 'cancelled', error?: unknown): void {
    this.#error = error;
    this.#hash.stop(error ?? new DOMException('the upload has ended', 'AbortError'));
    if (state === 'published' && this.#package !== undefined) this.#settled.resolve(this.#package);
    else this.#settled.reject(error);
    this.#change(state);
  }
}

function nameOf(file: Blob): string | undefined {
  return 'name' in file && typeof file.name === 'string' ? file.name : undefined;
}
