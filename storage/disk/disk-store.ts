/** Keeps package files in a folder of this machine, and signs the URLs that the gateway honours (local/gateway.ts). */

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
import { rangeWithin } from '../byte-ranges.ts';
import { freeMemory } from '../free-memory.ts';
import { requirePartOfPlan } from '../part-rules.ts';
import { type Signing, signDownload, signPart, signUpload } from '../signed-requests.ts';
import type { UrlSigner } from '../url-signer.ts';
import { Arrivals } from './arrivals.ts';
import { BodyReader, type ByteSource } from './incoming/body-reader.ts';
import { writeBody } from './incoming/body-writer.ts';
import { MultipartUploads } from './incoming/multipart-uploads.ts';
import { findsOtherSpelling, makeFolders } from './opening.ts';
import { readFileInto } from './read-into.ts';
import { DiskLayout } from './tree/disk-layout.ts';
import { translated, translating, unless } from './tree/errors.ts';
import { closing, type FileSystem, NO_LINKS, ownNames } from './tree/file-system.ts';
import {
  type OnAlien,
  PackageTree,
  requireVersion,
  type StoredFile,
  storedFile,
} from './tree/package-tree.ts';
import { TreePresence } from './tree-presence.ts';

export interface DiskStoreOptions {
  /** Holds `packages/` and `.stowage/`; made where it is missing. */
  readonly root: string;
  readonly signer: UrlSigner;
  readonly clock: Clock;
  readonly newId: NewId;
  /**
   * Removes what a killed process left. Only for the one process that holds the lock of the service; others pass false.
   * @default true
   */
  readonly recover?: boolean;
  /** Makes and clears nothing, so that a folder can be read where nothing may be written. @default false */
  readonly readOnly?: boolean;
  /** Whether the file system takes names that differ only in case for the same. @default found out by looking */
  readonly ignoresCase?: boolean;
  /** @default node:fs/promises */
  readonly fileSystem?: FileSystem;
}

const READ_BYTES = 256 * 1024;

/** What opening a store finds out. */
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
  readonly #uploads: MultipartUploads;
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
    this.#uploads = new MultipartUploads({
      layout,
      fileSystem,
      tree: this.#tree,
      publish: (source, { key, terms, startedAt }) =>
        this.#arrivals.publish(source, key, terms, startedAt),
    });
  }

  /** @throws UNAVAILABLE where the root can't be written, OUT_OF_SPACE */
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
   * `put` for a body that the caller closes: a connection on which an answer still has to be sent.
   * @param beforePublish asked once the disk has the bytes and before they get their name; what it throws keeps them from it
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
        const file = await this.#fs.open(workFile, 'wx');
        await closing(file, async () => {
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
        // A stream makes buffers of just that size: small files are read with small ones. The byte more meets the end at once.
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
      if (file !== 'alien') return file && this.#arrivals.info(file);
      throw new ServiceError(
        'KEY_OCCUPIED',
        `what lies under ${key} is no plain file of just this name; move it away first`,
      );
    });
  }

  /** Where the file lies and how its bytes are named, for a server that sends it. Undefined where nothing is stored. */
  fileFor(key: PackageKey): Promise<StoredFile | undefined> {
    return this.#working(`looking at ${key}`, () => this.#tree.find(key));
  }

  /** @throws ALREADY_EXISTS where a body sent under this key would be refused at its end */
  requireFree(key: PackageKey): Promise<void> {
    return this.#working(`looking at ${key}`, () => this.#tree.requireFree(key));
  }

  delete(key: PackageKey, version: BlobVersion): Promise<void> {
    const workFile = this.#layout.workFile(this.#options.newId());
    return this.#working(`deleting ${key}`, () =>
      this.#tree.remove(key, version, workFile, (file) => this.#arrivals.forget(file)),
    );
  }

  async *list(prefix = '', onAlien?: OnAlien): AsyncIterable<BlobInfo> {
    await this.#presence.require();
    try {
      yield* this.#arrivals.list(prefix, onAlien);
    } catch (error) {
      throw translated(error, 'listing');
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

  /** @throws NOT_FOUND for an unknown upload, INVALID_INPUT where the part is not one of its plan */
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
   * `putPart` for a body that the caller closes.
   * @throws NOT_FOUND for an unknown upload, INTEGRITY where the bytes are not those of the terms, CONFLICT where the upload is being
   *   completed or a newer request sends this part
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
      throw translated(error, 'looking for leftovers');
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

  /** Where something was not found, it may be the whole tree that is gone. */
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
