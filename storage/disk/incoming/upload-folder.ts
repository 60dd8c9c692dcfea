/**
 * The files of one multipart upload. Every part is written into `data` at its offset. `parts/` has
 * a file for each part that has arrived whole; it holds the SHA-256 of a part that declared it. `upload.json` is written last: a folder
 * without it is half made, and is ignored.
 */

import type { FileHandle } from 'node:fs/promises';
import { ServiceError } from '../../../core/errors.ts';
import { type PackageKey, parsePackageKey } from '../../../core/names.ts';
import type { MultipartTerms, PartPlan } from '../../../core/ports/multipart-store.ts';
import { syncFolder, unless } from '../../file-system.ts';
import type { DiskLayout } from '../tree/disk-layout.ts';
import { closeAfter, type FileSystem, NO_LINKS, readOwnText } from '../tree/file-system.ts';

/** What is known about an upload when it begins. */
export interface UploadStart {
  readonly key: PackageKey;
  readonly terms: MultipartTerms;
  readonly plan: PartPlan;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** The parts that have arrived whole, by number, with the SHA-256 that they declared, if any. */
export type PresentParts = Map<number, string | undefined>;

const SHA256 = /^[0-9a-f]{64}$/;
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

  /** Once this returns, the upload survives a power failure. */
  async create(start: UploadStart): Promise<void> {
    // Not recursive: if the whole tree is gone (an unmounted disk), no new one is created.
    await this.#fs.mkdir(this.#layout.upload(this.#id));
    await this.#fs.mkdir(this.#parts());
    const data = await this.#fs.open(this.data, 'wx');
    await closeAfter(data, () => data.truncate(start.terms.size));
    const json = await this.#fs.open(this.#json(), 'wx');
    await closeAfter(json, async () => {
      await json.writeFile(JSON.stringify(start));
      await json.sync();
    });
    await syncFolder(this.#fs, this.#layout.upload(this.#id));
    await syncFolder(this.#fs, this.#layout.uploads);
  }

  /** @returns undefined if the folder is only half made */
  async load(): Promise<
    { readonly start: UploadStart; readonly present: PresentParts } | undefined
  > {
    if (!(await this.#isPlain())) return undefined;
    const text = await readOwnText(this.#fs, this.#json());
    const start = text === undefined ? undefined : parseStart(text);
    const parts = await unless(this.#fs.readdir(this.#parts()), 'ENOENT', 'ENOTDIR');
    if (start === undefined || parts === undefined || (await this.dataInode()) === undefined)
      return undefined;
    const present: PresentParts = new Map();
    for (const name of parts.filter((one) => /^\d+$/.test(one)))
      present.set(Number(name), start.plan.partChecksums ? await this.#digestOf(name) : undefined);
    return { start, present };
  }

  /** @returns undefined if there is no data file */
  async dataInode(): Promise<bigint | undefined> {
    const stats = await unless(this.#fs.lstat(this.data, { bigint: true }), 'ENOENT');
    return stats?.isFile() === true ? stats.ino : undefined;
  }

  /** @throws NOT_FOUND when a symbolic link is in the place of a folder of the upload */
  async openData(): Promise<FileHandle> {
    if (!(await this.#isPlain())) {
      throw new ServiceError(
        'NOT_FOUND',
        `the folder of upload ${this.#id} is gone, or is a symbolic link`,
      );
    }
    return this.#fs.open(this.data, NO_LINKS.change);
  }

  /** Opens an empty file for a part that is sent again. */
  openAside(partNumber: number): Promise<FileHandle> {
    return this.#fs.open(this.#aside(partNumber), NO_LINKS.replaceAndRead);
  }

  async removeAside(partNumber: number): Promise<void> {
    await unless(this.#fs.unlink(this.#aside(partNumber)), 'ENOENT');
  }

  /** Copies all bytes of a file into the data at `offset`, and syncs them to disk. */
  async copyToData(from: FileHandle, offset: number): Promise<void> {
    const data = await this.openData();
    await closeAfter(data, async () => {
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

  /** Marks the part as arrived whole. Its bytes must be synced to disk before. */
  async mark(partNumber: number, sha256: string | undefined): Promise<void> {
    const marker = await this.#fs.open(this.#marker(partNumber), NO_LINKS.replace);
    await closeAfter(marker, async () => {
      if (sha256 !== undefined) await marker.writeFile(sha256);
    });
  }

  /** Undefined if an earlier release, or a power failure, left the mark without it. */
  async #digestOf(marker: string): Promise<string | undefined> {
    const text = await readOwnText(this.#fs, this.#layout.upload(this.#id, 'parts', marker));
    return text !== undefined && SHA256.test(text) ? text : undefined;
  }

  /**
   * Removes the mark before the part is written again, so that no power failure leaves a wrong one.
   */
  async unmark(partNumber: number): Promise<void> {
    await unless(this.#fs.unlink(this.#marker(partNumber)), 'ENOENT');
    await syncFolder(this.#fs, this.#parts());
  }

  async remove(): Promise<void> {
    await this.#fs.rm(this.#layout.upload(this.#id), { recursive: true, force: true });
  }

  /** Whether the folder of the upload and its `parts/` are real folders, and not symbolic links. */
  async #isPlain(): Promise<boolean> {
    for (const path of [this.#layout.upload(this.#id), this.#parts()]) {
      const stats = await unless(this.#fs.lstat(path), 'ENOENT', 'ENOTDIR');
      if (stats?.isDirectory() !== true) return false;
    }
    return true;
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

/** @returns undefined if the process ended while it wrote the file */
function parseStart(text: string): UploadStart | undefined {
  try {
    const start = JSON.parse(text) as UploadStart;
    return { ...start, key: parsePackageKey(start.key).key };
  } catch {
    return undefined;
  }
}
