/** The plugin `stowage/uppy`: lets Uppy upload its files to Stowage, so that its Dashboard works. */
import {
  BasePlugin,
  type Body,
  type Meta,
  type PluginOpts,
  type Uppy,
  type UppyFile,
} from '@uppy/core';
import type { FileUpload, NewUpload } from '../uploader/file-upload.ts';
import { createUploader, type Uploader, type UploaderOptions } from '../uploader/uploader.ts';

type Fields = Omit<NewUpload, 'file' | 'versionId' | 'signal'>;

export interface StowageUploadOptions<M extends Meta = Meta, B extends Body = Body>
  extends PluginOpts,
    UploaderOptions {
  /** The version to upload to. */
  readonly versionId: string | ((file: UppyFile<M, B>) => string);
  /** What else to say of a file: its platform, its packageId. @default its name and type */
  readonly describe?: (file: UppyFile<M, B>) => Fields;
}

/**
 * `uppy.use(StowageUpload, { url, getToken, versionId })`. The body of a successful response is the
 * package, and its uploadURL the stable link.
 */
export class StowageUpload<M extends Meta = Meta, B extends Body = Body> extends BasePlugin<
  StowageUploadOptions<M, B>,
  M,
  B
> {
  readonly #uploader: Uploader;
  readonly #uploads = new Map<string, FileUpload>();
  #unsubscribe: () => void = () => {};

  /** @throws TypeError if `url` is not a valid URL */
  constructor(uppy: Uppy<M, B>, options: StowageUploadOptions<M, B>) {
    super(uppy, options);
    this.type = 'uploader';
    this.id = options.id ?? 'StowageUpload';
    this.#uploader = createUploader(options);
  }

  override install(): void {
    const { capabilities } = this.uppy.getState();
    this.uppy.setState({ capabilities: { ...capabilities, resumableUploads: true } });
    this.uppy.addUploader(this.#upload);
    this.uppy.on('file-removed', this.#remove);
    this.uppy.on('upload-pause', this.#pause);
    this.uppy.on('pause-all', this.#pauseAll);
    this.uppy.on('resume-all', this.#resumeAll);
    this.uppy.on('cancel-all', this.#cancelAll);
    this.#unsubscribe = this.#uploader.on('progress', this.#progress);
  }

  override uninstall(): void {
    const { capabilities } = this.uppy.getState();
    this.uppy.setState({ capabilities: { ...capabilities, resumableUploads: false } });
    this.uppy.removeUploader(this.#upload);
    this.uppy.off('file-removed', this.#remove);
    this.uppy.off('upload-pause', this.#pause);
    this.uppy.off('pause-all', this.#pauseAll);
    this.uppy.off('resume-all', this.#resumeAll);
    this.uppy.off('cancel-all', this.#cancelAll);
    this.#unsubscribe();
  }

  readonly #upload = async (ids: string[]): Promise<void> => {
    const files = ids.map((id) => this.uppy.getFile(id));
    this.uppy.emit('upload-start', files);
    await Promise.all(files.map((file) => this.#uploadOne(file)));
  };

  async #uploadOne(file: UppyFile<M, B>): Promise<void> {
    try {
      const upload = this.#uploader.add(this.#taskOf(file));
      this.#uploads.set(file.id, upload);
      const published = await upload.done;
      const response = { status: 200, uploadURL: published.url, body: published as unknown as B };
      this.uppy.emit('upload-success', this.uppy.getFile(file.id), response);
    } catch (error) {
      // A file that was removed is no failure.
      if (this.#uploads.get(file.id)?.state === 'cancelled') return;
      const failure = error instanceof Error ? error : new Error(String(error));
      this.uppy.emit('upload-error', this.uppy.getFile(file.id), failure);
    } finally {
      this.#uploads.delete(file.id);
    }
  }

  #taskOf(file: UppyFile<M, B>): NewUpload {
    if (file.isRemote || file.data === undefined)
      throw new TypeError(`${file.name} is not on this computer; Stowage takes local files alone`);
    const { versionId, describe = () => ({}) } = this.opts;
    return {
      file: file.data,
      filename: file.meta.name,
      contentType: file.type,
      ...describe(file),
      versionId: typeof versionId === 'string' ? versionId : versionId(file),
    };
  }

  readonly #progress = (upload: FileUpload): void => {
    // The bytes of other states were read, not sent.
    if (upload.state !== 'sending') return;
    const [id] = [...this.#uploads].find(([, one]) => one === upload) ?? [];
    const file = id === undefined ? undefined : this.uppy.getFile(id);
    if (file === undefined) return;
    this.uppy.emit('upload-progress', file, {
      uploadStarted: file.progress.uploadStarted ?? Date.now(),
      bytesUploaded: upload.bytes,
      bytesTotal: upload.totalBytes,
    });
  };

  readonly #remove = (file: UppyFile<M, B>): void => {
    void this.#uploads.get(file.id)?.cancel();
  };

  readonly #pause = (file: UppyFile<M, B> | undefined, isPaused: boolean): void => {
    const upload = file === undefined ? undefined : this.#uploads.get(file.id);
    if (isPaused) upload?.pause();
    else upload?.resume();
  };

  readonly #pauseAll = (): void => this.#uploader.pause();

  readonly #resumeAll = (): void => this.#uploader.resume();

  readonly #cancelAll = (): void => {
    void this.#uploader.cancel();
  };
}
