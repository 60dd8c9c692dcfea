/**
 * The files of one multipart upload: `data`, to which every part is written at its offset, an empty file in `parts/` for each part that
 * has arrived whole, and `upload.json`, written last, without which the folder counts for nothing.
 */
import type { FileHandle } from 'node:fs/promises';
import { type PackageKey, parsePackageKey } from '../../../core/names.ts';
import type { MultipartTerms, PartPlan } from '../../../core/ports/blob-store.ts';
import { unless } from '../disk-errors.ts';
import type { DiskLayout } from '../disk-layout.ts';
import { closing, type FileSystem, syncFolder } from '../file-system.ts';

/** What an upload was begun with. */
export interface UploadStart {
  readonly key: PackageKey;
  readonly terms: MultipartTerms;
  readonly plan: PartPlan;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

const COPY_BYTES = 1024 * 1024;

export class UploadFolder {
  readonly data: string;
  readonly #fs: FileSystem;
  readonly #layout: DiskLayout;
  readonly #id: string;

  constructor(layout: DiskLayout, fileSystem: FileSystem, uploadId: string) {
    this.#layout = layout;
    this.#fs = fileSystem;
    this.#id = uploadId;
    this.data = layout.upload(uploadId, 'data');
  }

  /** Once this returns, the upload outlives a power failure. */
  async create(start: UploadStart): Promise<void> {
    await this.#fs.mkdir(this.#parts(), { recursive: true });
    const data = await this.#fs.open(this.data, 'wx');
    await closing(data, () => data.truncate(start.terms.size));
    const json = await this.#fs.open(this.#json(), 'wx');
    await closing(json, async () => {
      await json.writeFile(JSON.stringify(start));
      await json.sync();
    });
    await syncFolder(this.#fs, this.#layout.upload(this.#id));
    await syncFolder(this.#fs, this.#layout.uploads);
  }

  /** Undefined where the folder is only half made. */
  async load(): Promise<{ readonly start: UploadStart; readonly present: Set<number> } | undefined> {
    const text = await unless(this.#fs.readFile(this.#json(), 'utf8'), 'ENOENT', 'ENOTDIR');
    const start = text === undefined ? undefined : parseStart(text);
    const parts = await unless(this.#fs.readdir(this.#parts()), 'ENOENT', 'ENOTDIR');
    if (start === undefined || parts === undefined || (await this.dataInode()) === undefined) return undefined;
    return { start, present: new Set(parts.filter((name) => /^\d+$/.test(name)).map(Number)) };
  }

  /** Undefined where there is no data. */
  async dataInode(): Promise<bigint | undefined> {
    return (await unless(this.#fs.lstat(this.data, { bigint: true }), 'ENOENT'))?.ino;
  }

  openData(): Promise<FileHandle> {
    return this.#fs.open(this.data, 'r+');
  }

  /** Where a part that is there already is sent again; made anew. */
  openAside(partNumber: number): Promise<FileHandle> {
    return this.#fs.open(this.#aside(partNumber), 'w+');
  }

  async removeAside(partNumber: number): Promise<void> {
    await unless(this.#fs.unlink(this.#aside(partNumber)), 'ENOENT');
  }

  /** Writes all bytes of a file into the data at `offset`; they are on the disk once this returns. */
  async copyToData(from: FileHandle, offset: number): Promise<void> {
    const data = await this.openData();
    await closing(data, async () => {
      const buffer = Buffer.allocUnsafe(COPY_BYTES);
      for (let position = 0; ; ) {
        const { bytesRead } = await from.read(buffer, 0, COPY_BYTES, position);
        if (bytesRead === 0) break;
        await data.writev([buffer.subarray(0, bytesRead)], offset + position);
        position += bytesRead;
      }
      await data.datasync();
    });
  }

  /** The part has arrived whole; its bytes must be on the disk already. */
  async mark(partNumber: number): Promise<void> {
    const marker = await this.#fs.open(this.#marker(partNumber), 'w');
    await marker.close();
  }

  /** The part is about to be written again: no power failure may leave it marked with other bytes. */
  async unmark(partNumber: number): Promise<void> {
    await unless(this.#fs.unlink(this.#marker(partNumber)), 'ENOENT');
    await syncFolder(this.#fs, this.#parts());
  }

  async remove(): Promise<void> {
    await this.#fs.rm(this.#layout.upload(this.#id), { recursive: true, force: true });
  }

  #json(): string {
    return this.#layout.upload(this.#id, 'upload.json');
  }

  #parts(): string {
    return this.#layout.upload(this.#id, 'parts');
  }

  #aside(partNumber: number): string {
    return this.#layout.upload(this.#id, `again-${partNumber}`);
  }

  #marker(partNumber: number): string {
    return this.#layout.upload(this.#id, 'parts', String(partNumber));
  }
}

/** Undefined where the process ended while it wrote. */
function parseStart(text: string): UploadStart | undefined {
  try {
    const start = JSON.parse(text) as UploadStart;
    return { ...start, key: parsePackageKey(start.key).key };
  } catch {
    return undefined;
  }
}
