/**
 * The multipart uploads under way on a disk. Each part has one writer, and parts are written in
 * parallel. All writers are stopped before the file is hashed and published.
 */

import { ServiceError } from '../../../core/errors.ts';
import type { BlobInfo, Leftover, UploadTerms } from '../../../core/ports/blob-store.ts';
import type { MultipartUpload, PartInfo, PartTerms } from '../../../core/ports/multipart-store.ts';
import { partInfos, requireAllParts, requirePartOfPlan, wholeTerms } from '../../part-rules.ts';
import type { DiskLayout } from '../tree/disk-layout.ts';
import { closeAfter, type FileSystem, ownNames } from '../tree/file-system.ts';
import type { PackageTree } from '../tree/package-tree.ts';
import { BodyReader, type ByteSource } from './body-reader.ts';
import { writeBody } from './body-writer.ts';
import { hashFile } from './file-hash.ts';
import { type PresentParts, UploadFolder, type UploadStart } from './upload-folder.ts';

interface PartWriter {
  readonly reader: BodyReader;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

interface OpenUpload {
  readonly uploadId: string;
  readonly start: UploadStart;
  readonly folder: UploadFolder;
  readonly present: PresentParts;
  readonly writers: Map<number, PartWriter>;
  completion?: Promise<BlobInfo> | undefined;
}

/** Publishes the data of an upload, with its arrival note. @returns the stored file */
type Publish = (
  source: string,
  start: Pick<UploadStart, 'key' | 'startedAt'> & { readonly terms: UploadTerms },
) => Promise<BlobInfo>;

export interface MultipartOptions {
  readonly layout: DiskLayout;
  readonly fileSystem: FileSystem;
  readonly tree: PackageTree;
  readonly publish: Publish;
}

export class DiskMultipartUploads {
  readonly #options: MultipartOptions;
  readonly #open = new Map<string, OpenUpload>();
  readonly #closing = new AbortController();

  constructor(options: MultipartOptions) {
    this.#options = options;
  }

  /**
   * Continues the uploads of an earlier process. With `clean`, removes half-made and published
   * ones.
   */
  async recover(clean: boolean): Promise<void> {
    const { layout, fileSystem } = this.#options;
    for (const uploadId of await ownNames(fileSystem, layout.uploads)) {
      const folder = new UploadFolder(layout, fileSystem, uploadId);
      const loaded = await folder.load();
      if (loaded !== undefined && !(await this.#isPublished(loaded.start, folder))) {
        this.#open.set(uploadId, { uploadId, folder, writers: new Map(), ...loaded });
      } else if (clean) {
        await folder.remove();
      }
    }
  }

  /** Whether the process ended after the data got its name, and before the folder was removed. */
  async #isPublished({ key }: UploadStart, folder: UploadFolder): Promise<boolean> {
    const published = await this.#options.tree.find(key);
    return published !== undefined && published.inode === (await folder.dataInode());
  }

  async begin(uploadId: string, start: UploadStart): Promise<void> {
    const folder = new UploadFolder(this.#options.layout, this.#options.fileSystem, uploadId);
    try {
      await folder.create(start);
    } catch (error) {
      await folder.remove();
      throw error;
    }
    this.#open.set(uploadId, { uploadId, start, folder, present: new Map(), writers: new Map() });
  }

  /** @throws NOT_FOUND */
  startOf(upload: MultipartUpload): UploadStart {
    return this.#get(upload).start;
  }

  list(upload: MultipartUpload): readonly PartInfo[] {
    const { start, present } = this.#get(upload);
    return partInfos(start.terms.size, start.plan, present);
  }

  /**
   * Writes the bytes of one part. The part is present once all of it is synced to disk. A newer
   * request for the same part stops an older one, which gets CONFLICT, so a client whose connection
   * broke can send the part again at once.
   */
  async putPart(upload: MultipartUpload, part: PartTerms, body: ByteSource): Promise<void> {
    const open = this.#get(upload);
    requirePartOfPlan(open.start.terms.size, open.start.plan, part);
    if (open.completion !== undefined)
      throw new ServiceError('CONFLICT', 'the upload is being completed');
    const reader = new BodyReader(body);
    const written = this.#write(open, part, reader, open.writers.get(part.partNumber));
    const writer = { reader, ended: written.catch(() => undefined) };
    open.writers.set(part.partNumber, writer);
    try {
      await written;
    } finally {
      if (open.writers.get(part.partNumber) === writer) open.writers.delete(part.partNumber);
    }
  }

  /** Calls while it runs share its result. */
  complete(upload: MultipartUpload, sha256?: string): Promise<BlobInfo> {
    const open = this.#get(upload);
    if (open.completion === undefined) {
      requireAllParts(open.start.plan, open.present);
      open.completion = this.#complete(open, wholeTerms(open.start.terms, sha256)).finally(() => {
        open.completion = undefined;
      });
    }
    return open.completion;
  }

  async abort({ key, uploadId }: MultipartUpload): Promise<void> {
    const open = this.#open.get(uploadId);
    if (open?.start.key !== key) return;
    await open.completion?.catch(() => undefined);
    if (!this.#open.delete(uploadId)) return;
    await stopWriters(open, new ServiceError('NOT_FOUND', 'the upload was aborted'));
    await open.folder.remove();
  }

  leftovers(): readonly Leftover[] {
    return [...this.#open.values()].map(({ uploadId, start }) => ({
      key: start.key,
      uploadId,
      attemptId: start.terms.attemptId,
      startedAt: new Date(start.startedAt),
    }));
  }

  /** Stops writers and completions. Clients can send and complete again later. */
  async stop(): Promise<void> {
    const reason = new ServiceError('UNAVAILABLE', 'the store is closing');
    this.#closing.abort(reason);
    const open = [...this.#open.values()];
    await Promise.all(open.map((one) => stopWriters(one, reason)));
    await Promise.allSettled(open.map((one) => one.completion));
  }

  async #write(
    open: OpenUpload,
    part: PartTerms,
    reader: BodyReader,
    older: PartWriter | undefined,
  ): Promise<void> {
    const { partNumber, size, sha256 } = part;
    if (older !== undefined) {
      older.reader.stop(
        new ServiceError('CONFLICT', `part ${partNumber} is being sent again by a newer request`),
      );
      await older.ended;
    }
    reader.throwIfStopped();
    if (open.present.has(partNumber)) return this.#writeAgain(open, part, reader);
    const data = await open.folder.openData();
    await closeAfter(data, async () => {
      const offset = (partNumber - 1) * open.start.plan.partSize;
      await writeBody(reader, data, { offset, size, sha256 });
      await data.datasync();
    });
    reader.throwIfStopped();
    await open.folder.mark(partNumber, sha256);
    open.present.set(partNumber, sha256);
  }

  /**
   * Keeps the present part until all new bytes have arrived and are right: a broken retry must not
   * lose it.
   */
  async #writeAgain(
    open: OpenUpload,
    { partNumber, size, sha256 }: PartTerms,
    reader: BodyReader,
  ): Promise<void> {
    const { folder, present, start } = open;
    const aside = await folder.openAside(partNumber);
    try {
      await closeAfter(aside, async () => {
        await writeBody(reader, aside, { offset: 0, size, sha256 });
        reader.throwIfStopped();
        // From here on no client is waited for. A completion waits until this ends.
        await folder.unmark(partNumber);
        present.delete(partNumber);
        await folder.copyToData(aside, (partNumber - 1) * start.plan.partSize);
      });
      await folder.mark(partNumber, sha256);
      present.set(partNumber, sha256);
    } finally {
      await folder.removeAside(partNumber);
    }
  }

  async #complete(open: OpenUpload, terms: UploadTerms): Promise<BlobInfo> {
    const { start, folder } = open;
    await stopWriters(open, new ServiceError('CONFLICT', 'the upload is being completed'));
    requireAllParts(start.plan, open.present);
    await this.#options.tree.requireFree(start.key);
    const data = await folder.openData();
    await closeAfter(data, async () => {
      const sha256 = await hashFile(data, this.#closing.signal);
      if (sha256 !== terms.sha256) {
        throw new ServiceError(
          'INTEGRITY',
          `sha256 of the joined parts must be ${terms.sha256}, got ${sha256}`,
        );
      }
      await data.sync();
    });
    const stored = await this.#options.publish(folder.data, { ...start, terms });
    this.#open.delete(open.uploadId);
    await folder.remove();
    return stored;
  }

  #get({ key, uploadId }: MultipartUpload): OpenUpload {
    const open = this.#open.get(uploadId);
    if (open?.start.key !== key)
      throw new ServiceError('NOT_FOUND', `no upload ${uploadId} of ${key} is under way`);
    return open;
  }
}

async function stopWriters(open: OpenUpload, reason: ServiceError): Promise<void> {
  const writers = [...open.writers.values()];
  for (const { reader } of writers) reader.stop(reason);
  await Promise.all(writers.map(({ ended }) => ended));
}
