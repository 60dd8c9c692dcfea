/**
 * Keeps package files in a folder of this machine, and signs the URLs that the gateway accepts
 * (local/gateway/).
 *
 * How an upload is written, and what is left when the process is killed or the power fails:
 *
 * 1. `receive` checks that the storage is still mounted and that the key is free. It streams the
 *    body into a new file in `.stowage/work/`, compares size and SHA-256 with the terms, and syncs
 *    the file. After a crash the file has no key; the next start removes it.
 * 2. The gateway asks the catalog whether the upload is still wanted (`beforePublish`).
 * 3. The arrival note is written to `.stowage/arrived/` and synced. It says which attempt sent the
 *    file. After a crash the next start removes the work file, and then the note.
 * 4. The file gets its name in `packages/` by a hard link, which never replaces a file, and the
 *    folder is synced. From here on the file survives a power failure. After a crash before the
 *    sync, the file is either there with its note, or not there, as after step 3.
 * 5. The name in `.stowage/work/` is removed. After a crash before that, the next start removes it;
 *    the file keeps its name in `packages/`.
 * 6. The caller gets its answer. If it does not, the file and its note are a leftover: the
 *    publisher completes the upload, or the sweep publishes or removes the file. `settle` removes
 *    the note once the record is final.
 *
 * A multipart upload does the same with a file in `.stowage/uploads/`. Each part is synced before
 * it is marked as present, and uploads continue after a restart (incoming/upload-folder.ts).
 * `delete` first renames the file into `.stowage/work/`, so after a crash it is either stored as
 * before, or gone.
 */

import * as nodeFileSystem from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Clock, NewId } from '../../core/clock.ts';
import { isServiceError, ServiceError } from '../../core/errors.ts';
import type { PackageKey } from '../../core/names.ts';
import type {
  BlobBody,
  BlobInfo,
  BlobStore,
  ByteRange,
  DownloadTerms,
  Leftover,
  SignedRequest,
  UploadTerms,
} from '../../core/ports/blob-store.ts';
import type {
  MultipartTerms,
  MultipartUpload,
  PartInfo,
  PartPlan,
  PartTerms,
} from '../../core/ports/multipart-store.ts';
import type { BlobVersion } from '../../core/records.ts';
import { freeMemory } from '../buffers.ts';
import { rangeWithin } from '../byte-ranges.ts';
import { unless } from '../file-system.ts';
import { requirePartOfPlan } from '../part-rules.ts';
import { type Signing, signDownload, signPart, signUpload } from '../signed-requests.ts';
import type { UrlSigner } from '../url-signer.ts';
import { Arrivals } from './arrivals.ts';
import { BodyReader, type ByteSource } from './incoming/body-reader.ts';
import { writeBody } from './incoming/body-writer.ts';
import { DiskMultipartUploads } from './incoming/multipart-uploads.ts';
import { findsOtherSpelling, makeFolders } from './opening.ts';
import { readFileInto } from './read-into.ts';
import { DiskLayout } from './tree/disk-layout.ts';
import { translateDiskError, translating } from './tree/errors.ts';
import { closeAfter, type FileSystem, NO_LINKS, ownNames } from './tree/file-system.ts';
import type { OnForeignFile } from './tree/list-files.ts';
import { PackageTree } from './tree/package-tree.ts';
import { requireVersion, type StoredFile, storedFile } from './tree/stored-file.ts';
import { TreePresence } from './tree-presence.ts';

export interface DiskStoreOptions {
  /** Contains `packages/` and `.stowage/`; created if it is missing. */
  readonly root: string;
  readonly signer: UrlSigner;
  readonly clock: Clock;
  readonly newId: NewId;
  /**
   * Removes what a killed process left. Only the process that holds the lock of the service may do
   * this; others pass false.
   * @default true
   */
  readonly recover?: boolean;
  /** Creates and removes nothing, so that a read-only folder can be opened. @default false */
  readonly readOnly?: boolean;
  /** Whether the file system ignores case. @default found out when the store is opened */
  readonly ignoresCase?: boolean;
  /** @default node:fs/promises */
  readonly fileSystem?: FileSystem;
}

const READ_BYTES = 256 * 1024;

/** What is found out when a store is opened. */
interface DiskFindings {
  readonly layout: DiskLayout;
  readonly fileSystem: FileSystem;
  readonly ignoresCase: boolean;
  readonly presence: TreePresence;
}

export class DiskStore implements BlobStore {
  readonly name = 'local';
  readonly keepsHeaders = false;
  readonly scrubbedBy = 'reading';
  readonly #options: DiskStoreOptions;
  readonly #fs: FileSystem;
  readonly #layout: DiskLayout;
  readonly #presence: TreePresence;
  readonly #tree: PackageTree;
  readonly #arrivals: Arrivals;
  readonly #uploads: DiskMultipartUploads;
  readonly #reading = new Set<Readable>();

  private constructor(
    options: DiskStoreOptions,
    { layout, fileSystem, ignoresCase, presence }: DiskFindings,
  ) {
    this.#options = options;
    this.#fs = fileSystem;
    this.#layout = layout;
    this.#presence = presence;
    this.#tree = new PackageTree(layout, fileSystem, ignoresCase);
    this.#arrivals = new Arrivals(layout, fileSystem, this.#tree);
    this.#uploads = new DiskMultipartUploads({
      layout,
      fileSystem,
      tree: this.#tree,
      publish: (source, { key, terms, startedAt }) =>
        this.#arrivals.publish(source, key, terms, startedAt),
    });
  }

  /** @throws UNAVAILABLE when the root can't be written, OUT_OF_SPACE */
  static open(options: DiskStoreOptions): Promise<DiskStore> {
    return translating(`the store at ${options.root}`, async () => {
      const { root, fileSystem = nodeFileSystem, readOnly = false, recover = !readOnly } = options;
      const layout = new DiskLayout(root);
      if (!readOnly) await makeFolders(fileSystem, root, layout);
      const ignoresCase = options.ignoresCase ?? (await findsOtherSpelling(fileSystem, layout));
      const presence = await TreePresence.of(layout, fileSystem);
      const store = new DiskStore(options, { layout, fileSystem, ignoresCase, presence });
      await store.#recover(recover);
      return store;
    });
  }

  async put(key: PackageKey, body: Readable, terms: UploadTerms): Promise<BlobInfo> {
    try {
      return await this.receive(key, body, terms);
    } finally {
      body.destroy();
    }
  }

  /**
   * Like `put`, but the caller closes the body: a connection must stay open for the answer.
   * @param beforePublish called when the bytes are on disk and before they get their name; if it
   *   throws, they do not get it
   */
  receive(
    key: PackageKey,
    body: ByteSource,
    terms: UploadTerms,
    beforePublish?: () => Promise<void>,
  ): Promise<BlobInfo> {
    return this.#working(`storing ${key}`, async () => {
      await this.#presence.require();
      await this.#tree.requireFree(key);
      const startedAt = this.#options.clock().getTime();
      const workFile = this.#layout.workFile(this.#options.newId());
      try {
        const file = await this.#fs.open(workFile, 'wx+');
        await closeAfter(file, async () => {
          await writeBody(new BodyReader(body), file, {
            offset: 0,
            size: terms.size,
            sha256: terms.sha256,
          });
          await file.sync();
        });
        await beforePublish?.();
        return await this.#arrivals.publish(workFile, key, terms, startedAt);
      } finally {
        await unless(this.#fs.unlink(workFile), 'ENOENT');
      }
    });
  }

  get(
    key: PackageKey,
    options: { readonly range?: ByteRange; readonly version?: BlobVersion } = {},
  ): Promise<BlobBody> {
    return this.#working(`reading ${key}`, async () => {
      const found = await this.#require(key);
      const file = await this.#fs.open(found.path, NO_LINKS.read);
      try {
        const opened = storedFile(key, found.path, await file.stat({ bigint: true }));
        requireVersion(opened, options.version ?? opened);
        const range = options.range && rangeWithin(options.range, opened.size);
        // The stream allocates buffers of this size, so small files get small ones. With one byte
        // more than the file has, the first read also finds its end.
        const highWaterMark = Math.min(READ_BYTES, opened.size + 1);
        const stream = file.createReadStream({ ...range, highWaterMark });
        this.#reading.add(stream);
        stream.once('close', () => this.#reading.delete(stream));
        return Object.assign(stream, { giveBack: freeMemory });
      } catch (error) {
        await file.close();
        throw error;
      }
    });
  }

  readInto(
    key: PackageKey,
    into: Buffer,
    from: { readonly start: number; readonly version: BlobVersion },
    onPiece: (piece: Buffer) => void,
  ): Promise<number> {
    return this.#working(`reading ${key}`, async () => {
      const path = await this.#tree.pathOf(key);
      if (path === undefined) throw new ServiceError('NOT_FOUND', `nothing is stored under ${key}`);
      return readFileInto(this.#fs, { key, path }, into, from, onPiece);
    });
  }

  stat(key: PackageKey): Promise<BlobInfo | undefined> {
    return this.#working(`looking at ${key}`, async () => {
      const file = await this.#tree.look(key);
      if (file !== 'foreign') return file && this.#arrivals.info(file);
      throw new ServiceError(
        'KEY_OCCUPIED',
        `${key} is not a regular file of exactly this name; move it away first`,
      );
    });
  }

  /**
   * The path and version of the file, for a server that sends it. Undefined if nothing is stored.
   */
  fileFor(key: PackageKey): Promise<StoredFile | undefined> {
    return this.#working(`looking at ${key}`, () => this.#tree.find(key));
  }

  /**
   * @throws ALREADY_EXISTS when an upload of this key would be refused, before any bytes are sent
   */
  requireFree(key: PackageKey): Promise<void> {
    return this.#working(`looking at ${key}`, () => this.#tree.requireFree(key));
  }

  delete(key: PackageKey, version: BlobVersion): Promise<void> {
    const workFile = this.#layout.workFile(this.#options.newId());
    return this.#working(`deleting ${key}`, () =>
      this.#tree.remove(key, version, workFile, (file) => this.#arrivals.forget(file)),
    );
  }

  async *list(prefix = '', onForeignFile?: OnForeignFile): AsyncIterable<BlobInfo> {
    await this.#presence.require();
    try {
      yield* this.#arrivals.list(prefix, onForeignFile);
    } catch (error) {
      throw translateDiskError(error, 'listing');
    }
  }

  async signUpload(
    key: PackageKey,
    terms: UploadTerms,
    expiresInSeconds: number,
  ): Promise<SignedRequest> {
    return signUpload(this.#signing(expiresInSeconds), key, terms);
  }

  async signDownload(
    key: PackageKey,
    terms: DownloadTerms,
    expiresInSeconds: number,
  ): Promise<SignedRequest> {
    return signDownload(this.#signing(expiresInSeconds), key, terms);
  }

  async listsPartDigests(): Promise<boolean> {
    return true;
  }

  beginMultipart(key: PackageKey, terms: MultipartTerms, plan: PartPlan): Promise<MultipartUpload> {
    return this.#working(`beginning an upload of ${key}`, async () => {
      await this.#presence.require();
      const uploadId = this.#options.newId();
      await this.#uploads.begin(uploadId, {
        key,
        terms,
        plan,
        startedAt: this.#options.clock().getTime(),
      });
      return { key, uploadId };
    });
  }

  /** @throws NOT_FOUND for an unknown upload, INVALID_INPUT when the part does not fit the plan */
  async signPart(
    upload: MultipartUpload,
    part: PartTerms,
    expiresInSeconds: number,
  ): Promise<SignedRequest> {
    const { terms, plan } = this.#uploads.startOf(upload);
    requirePartOfPlan(terms.size, plan, part);
    return signPart(this.#signing(expiresInSeconds), upload, part);
  }

  async listParts(upload: MultipartUpload): Promise<readonly PartInfo[]> {
    return this.#uploads.list(upload);
  }

  putPart(upload: MultipartUpload, part: PartTerms, bytes: Buffer): Promise<void> {
    return this.receivePart(upload, part, Readable.from([bytes]));
  }

  /**
   * Like `putPart`, but the caller closes the body.
   * @throws NOT_FOUND for an unknown upload, INTEGRITY when the bytes do not match the terms,
   *   CONFLICT when the upload is being completed or a newer request sends this part
   */
  receivePart(upload: MultipartUpload, part: PartTerms, body: ByteSource): Promise<void> {
    return this.#working(`storing part ${part.partNumber} of ${upload.key}`, () =>
      this.#uploads.putPart(upload, part, body),
    );
  }

  completeMultipart(upload: MultipartUpload, sha256?: string): Promise<BlobInfo> {
    return this.#working(`completing ${upload.key}`, async () =>
      this.#uploads.complete(upload, sha256),
    );
  }

  abortMultipart(upload: MultipartUpload): Promise<void> {
    return this.#working(`aborting the upload of ${upload.key}`, () => this.#uploads.abort(upload));
  }

  async *leftovers(): AsyncIterable<Leftover> {
    await this.#presence.require();
    yield* this.#uploads.leftovers();
    try {
      yield* this.#arrivals.leftovers();
    } catch (error) {
      throw translateDiskError(error, 'looking for leftovers');
    }
  }

  settle(key: PackageKey): Promise<void> {
    return this.#working(`settling ${key}`, () => this.#arrivals.settle(key));
  }

  async close(): Promise<void> {
    for (const stream of this.#reading)
      stream.destroy(new ServiceError('UNAVAILABLE', 'the store is closing'));
    await this.#uploads.stop();
  }

  async #recover(clean: boolean): Promise<void> {
    if (clean) {
      for (const name of await ownNames(this.#fs, this.#layout.work))
        await this.#fs.unlink(this.#layout.workFile(name));
    }
    await this.#uploads.recover(clean);
    if (clean) await this.#arrivals.recover();
  }

  /**
   * Runs `work`. If it finds nothing, checks whether the whole tree is gone.
   * @throws UNAVAILABLE if so
   */
  async #working<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await translating(what, work);
      if (result === undefined) await this.#presence.require();
      return result;
    } catch (error) {
      if (isServiceError(error, 'NOT_FOUND')) await this.#presence.require();
      throw error;
    }
  }

  async #require(key: PackageKey): Promise<StoredFile> {
    const file = await this.#tree.find(key);
    if (file === undefined) throw new ServiceError('NOT_FOUND', `nothing is stored under ${key}`);
    return file;
  }

  #signing(expiresInSeconds: number): Signing {
    return { signer: this.#options.signer, now: this.#options.clock(), expiresInSeconds };
  }
}
