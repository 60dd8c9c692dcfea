/**
 * Keeps package files in memory, for tests of code above the port. memory-sender.ts answers its
 * signed requests without a server.
 */

import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Clock, NewId } from '../../core/clock.ts';
import { ServiceError } from '../../core/errors.ts';
import type { PackageKey } from '../../core/names.ts';
import type {
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
import { fillBuffer } from '../buffers.ts';
import { rangeWithin } from '../byte-ranges.ts';
import {
  partInfos,
  requireAllParts,
  requireBytes,
  requirePartOfPlan,
  wholeTerms,
} from '../part-rules.ts';
import { type Signing, signDownload, signPart, signUpload } from '../signed-requests.ts';
import type { UrlSigner } from '../url-signer.ts';

export interface MemoryStoreOptions {
  readonly signer: UrlSigner;
  readonly clock: Clock;
  readonly newId: NewId;
  /** @default 'memory' */
  readonly name?: string;
}

interface MemoryUpload {
  readonly key: PackageKey;
  readonly terms: MultipartTerms;
  readonly plan: PartPlan;
  readonly startedAt: Date;
  readonly parts: Map<number, Buffer>;
}

/** A stored file. `note` says which attempt sent it, until the key is settled. */
export interface MemoryFile {
  readonly info: BlobInfo;
  readonly bytes: Buffer;
  note?: Leftover | undefined;
}

export class MemoryStore implements BlobStore {
  readonly name: string;
  readonly keepsHeaders = false;
  readonly scrubbedBy = 'reading';
  readonly #options: MemoryStoreOptions;
  readonly #files = new Map<PackageKey, MemoryFile>();
  readonly #uploads = new Map<string, MemoryUpload>();
  #written = 0;

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
    this.name = options.name ?? 'memory';
  }

  async put(key: PackageKey, body: Readable, terms: UploadTerms): Promise<BlobInfo> {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(Buffer.from(chunk));
    return this.store(key, Buffer.concat(chunks), terms);
  }

  /** Stores bytes that are in memory. @throws INTEGRITY, ALREADY_EXISTS */
  store(
    key: PackageKey,
    bytes: Buffer,
    terms: UploadTerms,
    startedAt: Date = this.#options.clock(),
  ): BlobInfo {
    this.#requireFree(key);
    requireBytes(terms, bytes);
    const { attemptId, sha256 } = terms;
    return this.#keep(key, bytes, { attemptId, sha256 }, { key, attemptId, startedAt });
  }

  /** Puts a foreign file under a key, for tests. */
  plant(key: PackageKey, bytes: Buffer): BlobInfo {
    return this.#keep(key, bytes, {}, undefined);
  }

  /** The file under a key, for a server that sends it. */
  fileFor(key: PackageKey): MemoryFile | undefined {
    return this.#files.get(key);
  }

  async get(
    key: PackageKey,
    options: { readonly range?: ByteRange; readonly version?: BlobVersion } = {},
  ): Promise<Readable> {
    const file = this.#files.get(key);
    if (file === undefined) throw new ServiceError('NOT_FOUND', `nothing is stored under ${key}`);
    requireVersion(file, options.version ?? file.info);
    const range = options.range && rangeWithin(options.range, file.bytes.length);
    return Readable.from([file.bytes.subarray(range?.start, range && range.end + 1)], {
      objectMode: false,
    });
  }

  async readInto(
    key: PackageKey,
    into: Buffer,
    { start, version }: { readonly start: number; readonly version: BlobVersion },
    onPiece: (piece: Buffer) => void,
  ): Promise<number> {
    const range = into.length === 0 ? {} : { range: { start, end: start + into.length - 1 } };
    return fillBuffer(await this.get(key, { ...range, version }), into, onPiece);
  }

  async stat(key: PackageKey): Promise<BlobInfo | undefined> {
    return this.#files.get(key)?.info;
  }

  async delete(key: PackageKey, version: BlobVersion): Promise<void> {
    const file = this.#files.get(key);
    if (file === undefined) return;
    requireVersion(file, version);
    this.#files.delete(key);
  }

  async *list(prefix = ''): AsyncIterable<BlobInfo> {
    const keys = [...this.#files.keys()].filter((key) => key.startsWith(prefix)).sort();
    for (const key of keys) {
      const file = this.#files.get(key);
      if (file !== undefined) yield file.info;
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

  async beginMultipart(
    key: PackageKey,
    terms: MultipartTerms,
    plan: PartPlan,
  ): Promise<MultipartUpload> {
    const uploadId = this.#options.newId();
    this.#uploads.set(uploadId, {
      key,
      terms,
      plan,
      startedAt: this.#options.clock(),
      parts: new Map(),
    });
    return { key, uploadId };
  }

  async signPart(
    upload: MultipartUpload,
    part: PartTerms,
    expiresInSeconds: number,
  ): Promise<SignedRequest> {
    const { terms, plan } = this.#upload(upload);
    requirePartOfPlan(terms.size, plan, part);
    return signPart(this.#signing(expiresInSeconds), upload, part);
  }

  /** @throws NOT_FOUND, INTEGRITY */
  storePart(upload: MultipartUpload, part: PartTerms, bytes: Buffer): void {
    const { parts } = this.#upload(upload);
    requireBytes(part, bytes);
    parts.set(part.partNumber, Buffer.from(bytes));
  }

  async putPart(upload: MultipartUpload, part: PartTerms, bytes: Buffer): Promise<void> {
    this.storePart(upload, part, bytes);
  }

  async listParts(upload: MultipartUpload): Promise<readonly PartInfo[]> {
    const { terms, plan, parts } = this.#upload(upload);
    const digest = (bytes: Buffer) => (plan.partChecksums ? hash('sha256', bytes) : undefined);
    const present = new Map([...parts].map(([number, bytes]) => [number, digest(bytes)]));
    return partInfos(terms.size, plan, present);
  }

  async completeMultipart(upload: MultipartUpload, sha256?: string): Promise<BlobInfo> {
    const { key, terms, plan, startedAt, parts } = this.#upload(upload);
    requireAllParts(plan, parts);
    const inOrder = [...parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
    const info = this.store(key, Buffer.concat(inOrder), wholeTerms(terms, sha256), startedAt);
    this.#uploads.delete(upload.uploadId);
    return info;
  }

  async abortMultipart({ key, uploadId }: MultipartUpload): Promise<void> {
    if (this.#uploads.get(uploadId)?.key === key) this.#uploads.delete(uploadId);
  }

  async *leftovers(): AsyncIterable<Leftover> {
    for (const [uploadId, { key, terms, startedAt }] of [...this.#uploads]) {
      yield { key, uploadId, attemptId: terms.attemptId, startedAt };
    }
    for (const { note } of [...this.#files.values()]) if (note !== undefined) yield note;
  }

  async settle(key: PackageKey): Promise<void> {
    const file = this.#files.get(key);
    if (file !== undefined) file.note = undefined;
  }

  async close(): Promise<void> {
    // Nothing runs in the background.
  }

  #keep(
    key: PackageKey,
    bytes: Buffer,
    proof: Pick<BlobInfo, 'attemptId' | 'sha256'>,
    note: Leftover | undefined,
  ): BlobInfo {
    this.#written += 1;
    const etag = `"${this.#written}"`;
    const info = { key, size: bytes.length, etag, lastModified: this.#options.clock(), ...proof };
    this.#files.set(key, { info, bytes, note });
    return info;
  }

  #requireFree(key: PackageKey): void {
    if (this.#files.has(key))
      throw new ServiceError('ALREADY_EXISTS', `something is stored under ${key}`);
  }

  #upload({ key, uploadId }: MultipartUpload): MemoryUpload {
    const upload = this.#uploads.get(uploadId);
    if (upload?.key !== key)
      throw new ServiceError('NOT_FOUND', `no upload ${uploadId} of ${key} is under way`);
    return upload;
  }

  #signing(expiresInSeconds: number): Signing {
    return { signer: this.#options.signer, now: this.#options.clock(), expiresInSeconds };
  }
}

function requireVersion({ info }: MemoryFile, version: BlobVersion): void {
  if (info.etag !== version.etag) {
    throw new ServiceError(
      'CONFLICT',
      `${info.key} holds other bytes: expected ${version.etag}, got ${info.etag}`,
    );
  }
}
